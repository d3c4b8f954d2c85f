import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readModel, resolveModel } from "../scorer/serving/registry.ts";
import { inputNames } from "./data/dataset.ts";
import { type CardDraft, writeVersion } from "./registry.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "registry-"));
});
afterEach(() => rm(root, { recursive: true }));

const card: CardDraft = {
  name: "some-model",
  algorithm: "test",
  inputs: [...inputNames],
  features: [],
  thresholds: { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 },
  parameters: {},
  data: { sha256: "none", rows: 0 },
  split: { protocol: "none" },
  seed: 0,
  libraries: {},
  metrics: [],
  parity: { rows: 0, max_abs_diff: 0 },
  limits: [],
};
const bytes = Uint8Array.of(1, 2, 3);

test("versions count up, and the reader finds the file, its card and its hash", async () => {
  expect(await writeVersion(root, card, bytes)).toEqual({ name: "some-model", version: "1" });
  expect((await writeVersion(root, card, bytes)).version).toBe("2");
  const stored = await readModel(root, await resolveModel(root, "some-model"));
  expect(stored.version).toBe("2");
  expect(Uint8Array.from(stored.bytes)).toEqual(bytes);
});

test("a version is never written over", async () => {
  await writeVersion(root, card, bytes, { version: "7" });
  await expect(writeVersion(root, card, Uint8Array.of(9), { version: "7" })).rejects.toMatchObject({
    code: "conflict",
  });
  const stored = await readModel(root, { name: "some-model", version: "7" });
  expect(Uint8Array.from(stored.bytes)).toEqual(bytes);
  expect(await readdir(root)).toEqual(["some-model"]);
});

test("two writers at once get two versions or a conflict, never a mixture", async () => {
  const outcomes = await Promise.allSettled([1, 2, 3].map((i) => writeVersion(root, card, Uint8Array.of(i))));
  const written = outcomes.flatMap((o) => (o.status === "fulfilled" ? [o.value] : []));
  expect(written.length).toBeGreaterThan(0);
  for (const version of written) await readModel(root, version);
  expect(await readdir(root)).toEqual(["some-model"]);
});

test("a wrong card writes nothing", async () => {
  const wrong = { ...card, thresholds: { medium: 0.5, high: 0.3, critical: 0.7, fraud: 0.5 } };
  await expect(writeVersion(root, wrong, bytes)).rejects.toThrow("tier thresholds must rise");
  expect(await readdir(root)).toEqual([]);
});

test("a folder left by a writer that was killed is no version", async () => {
  await mkdir(join(root, ".writing-dead"));
  const version = await writeVersion(root, card, bytes);
  expect(version.version).toBe("1");
  await expect(resolveModel(root, ".writing-dead")).rejects.toMatchObject({ code: "not_found" });
});

test("a registry that is not there, or whose aliases are no JSON, is said in a sentence without its path", async () => {
  await expect(resolveModel(join(root, "nowhere"), "champion")).rejects.toMatchObject({
    code: "not_found",
    message: "the registry cannot be read (ENOENT)",
  });
  for (const text of ["{x", '{"champion": 4}']) {
    await writeFile(join(root, "aliases.json"), text);
    await expect(resolveModel(root, "champion")).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^aliases.json of the registry is wrong: /),
    });
  }
});
