import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSecretBox, SecretBox } from "./secret-box.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-secret-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("what is sealed opens with the same key and purpose only, and not when a bit of it was changed", () => {
  const box = new SecretBox(randomBytes(32));
  const sealed = box.seal("totp", "JBSWY3DPEHPK3PXP");
  expect(sealed).not.toContain("JBSWY3DP");
  expect(box.seal("totp", "JBSWY3DPEHPK3PXP")).not.toBe(sealed);
  expect(box.open("totp", sealed)).toBe("JBSWY3DPEHPK3PXP");
  expect(box.open("device", sealed)).toBeNull();
  expect(new SecretBox(randomBytes(32)).open("totp", sealed)).toBeNull();
  const bytes = Buffer.from(sealed, "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    expect(box.open("totp", changed.toString("base64url")), `byte ${at}`).toBeNull();
  }
  for (const nonsense of ["", "x", "a".repeat(500)]) expect(box.open("totp", nonsense)).toBeNull();
});

test("the key is made once, for this user alone, also by five processes at once", async () => {
  const boxes = await Promise.all(Array.from({ length: 5 }, () => openSecretBox(folder)));
  const sealed = boxes[0]!.seal("device", "it");
  for (const box of boxes) expect(box.open("device", sealed)).toBe("it");
  expect((await stat(join(folder, "security"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "security", "secret.key"))).mode & 0o777).toBe(0o600);
  const key = Buffer.from(await readFile(join(folder, "security", "secret.key"), "utf8"), "base64");
  expect((await openSecretBox("/nowhere", key)).open("device", sealed)).toBe("it");
});

test("a file that holds no key is said to be one", async () => {
  await writeFile(join(folder, "security", "secret.key"), "cut off");
  await expect(openSecretBox(folder)).rejects.toThrow(/32 bytes/);
});
