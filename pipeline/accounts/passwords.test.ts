import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hash } from "@node-rs/argon2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isInBreachedFile } from "./breached-file.ts";
import { PARAMETERS, PasswordHasher } from "./password-hash.ts";
import { checkNewPassword } from "./password-rules.ts";

const ANN = { name: "ann.lee", displayName: "Annabel Lee", email: "alee1849@bank.example" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-passwords-"));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ["eleven char", /at least 12/],
  ["x".repeat(257), /at most 256/],
  ["aaaaaaaaaaaaaaa", /too few/],
  ["Password2026!!", /guessed/],
  ["p4ssw0rd-1234", /guessed/],
  ["QwertyQwertyQwerty", /guessed/],
  ["123456123456", /guessed/],
  ["PaySecure2026", /guessed/],
  ["my ANN.LEE is here", /your name/],
  ["annabel likes cake", /your name/],
  ["alee1849 and more", /your name/],
])("%s is refused as a password", async (password, why) => {
  await expect(checkNewPassword(password, ANN)).rejects.toThrow(why);
});

test.each([
  "horse battery staple correct",
  "tulips in november rain",
  "ein schöner Tag am Fluß",
  "密码是一个很长的句子不是吗对的",
])("%s is a good password", async (password) => {
  await expect(checkNewPassword(password, ANN)).resolves.toBeUndefined();
});

test("a file of stolen passwords is searched, whatever stands first, last and between", async () => {
  const stolen = Array.from({ length: 500 }, (_, i) => `stolen password ${i}`);
  const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex").toUpperCase();
  for (const end of ["\n", "\r\n"]) {
    const file = join(folder, `breached-${end.length}`);
    await writeFile(
      file,
      stolen
        .map((word, i) => `${sha1(word)}:${i ** 3}`)
        .sort()
        .join(end),
    );
    for (const word of stolen) expect(await isInBreachedFile(file, word), word).toBe(true);
    for (let i = 0; i < 500; i += 1) expect(await isInBreachedFile(file, `fine password ${i}`)).toBe(false);
    await expect(checkNewPassword("stolen password 7", ANN, file)).rejects.toThrow(/stolen/);
  }
  await writeFile(join(folder, "empty"), "");
  expect(await isInBreachedFile(join(folder, "empty"), "stolen password 7")).toBe(false);
});

test("a password is kept as Argon2id of OWASP's strength; an older hash is known to be one", async () => {
  const hasher = new PasswordHasher();
  const stored = await hasher.hash("tulips in november rain");
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await hasher.verify(stored, "tulips in november rain")).toEqual({ matches: true, stale: false });
  expect(await hasher.verify(stored, "tulips in november")).toEqual({ matches: false, stale: false });
  const weaker = await hash("tulips in november rain", { ...PARAMETERS, memoryCost: 8_192 });
  expect(await hasher.verify(weaker, "tulips in november rain")).toEqual({ matches: true, stale: true });
  expect((await hasher.verify(null, "nobody's password")).matches).toBe(false);
});

test("a thousand at once are not a thousand times 19 MB: most are told to come again", async () => {
  const hasher = new PasswordHasher();
  const answers = await Promise.allSettled(Array.from({ length: 200 }, () => hasher.verify(null, "x")));
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(52);
  expect(answers.find((answer) => answer.status === "rejected")).toMatchObject({
    reason: { code: "unavailable", retryAfterMs: 5_000 },
  });
  expect((await hasher.verify(null, "x")).matches).toBe(false);
});
