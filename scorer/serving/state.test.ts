import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seedRegistry } from "./seed.ts";
import {
  changeServing,
  readServing,
  readServingHistory,
  readServingOrLast,
  type ServingRequest,
  takeInEdit,
} from "./state.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "serving-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const ann = { kind: "operator", id: "7", name: "ann" } as const;
const champion = (model: string): ServingRequest => ({
  ...{ actor: ann, act: "promote", role: "champion", reason: "because" },
  change: (now) => ({ ...now, champion: model }),
});
const put = (file: string, value: unknown): Promise<void> =>
  writeFile(join(root, file), JSON.stringify(value));

test("a registry of an earlier version is read as it was and goes on, its history kept", async () => {
  await put("aliases.json", { champion: "m@2", challenger: "m@3", shadow: "m@1" });
  await put("serving.json", { challenger: null, shadows: ["m@4"] });
  const old = { alias: "champion", action: "promote", by: "bob", reason: "then", despite: "" };
  const lines = [
    { ...old, at: "2026-11-01T10:00:00.000Z", from: "", to: "m@1" },
    { ...old, at: "2026-11-02T10:00:00.000Z", from: "m@1", to: "m@2" },
  ];
  await writeFile(
    join(root, "aliases.history.jsonl"),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
  const before = { champion: "m@2", challenger: { model: "m@3", share: 0 }, shadows: ["m@4"] };
  expect(await readServing(root)).toEqual(before);
  await changeServing(root, champion("m@5"));
  expect(await readServing(root)).toEqual({ ...before, champion: "m@5" });
  expect(
    (await readServingHistory(root)).map(({ seq, actor, after }) => [seq, actor.name, after.champion]),
  ).toEqual([
    [1, "bob", "m@1"],
    [2, "bob", "m@2"],
    [3, "ann", "m@5"],
  ]);
});

test("a reason with a card number changes nothing and is not kept", async () => {
  const reason = "asked by 4111 1111 1111 1111";
  await expect(changeServing(root, { ...champion("m@5"), reason })).rejects.toMatchObject({
    code: "invalid_argument",
  });
  expect(await readServingHistory(root)).toEqual([]);
});

test("many who change at once are written down one after another, none lost", async () => {
  await Promise.all(Array.from({ length: 12 }, (_, i) => changeServing(root, champion(`m@${i}`))));
  const history = await readServingHistory(root);
  expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  for (const [i, made] of history.entries()) {
    expect(made.before.champion).toBe(i === 0 ? "" : history[i - 1]!.after.champion);
  }
  expect((await readServing(root)).champion).toBe(history.at(-1)!.after.champion);
});

test("a change that was written down and not made, because its process died, is made by the next", async () => {
  await changeServing(root, champion("m@1"));
  const state = await readFile(join(root, "serving.json"));
  await changeServing(root, champion("m@2"));
  await writeFile(join(root, "serving.json"), state);
  await writeFile(join(root, "serving.lock"), "");
  const long = new Date(Date.now() - 120_000);
  await utimes(join(root, "serving.lock"), long, long);
  await changeServing(root, {
    ...champion(""),
    act: "set_shadows",
    change: (now) => ({ ...now, shadows: ["m@9"] }),
  });
  expect(await readServing(root)).toEqual({ champion: "m@2", challenger: null, shadows: ["m@9"] });
});

test("a file that was changed by hand is a change of nobody's name, written down before the next", async () => {
  const [one, two] = ["m@1", "m@2"].map((model) => ({ champion: model, challenger: null, shadows: [] }));
  expect(await takeInEdit(root)).toBeNull();
  await changeServing(root, champion("m@0"));
  await changeServing(root, champion("m@1"));
  expect(await takeInEdit(root)).toBeNull();
  await put("serving.json", two);
  const found = await Promise.all([takeInEdit(root), takeInEdit(root)]);
  // Who asked second is told of it or finds it done.
  expect(found.find((made) => made !== null)).toMatchObject({
    seq: 3,
    act: "edit",
    actor: { kind: "operator", id: "unknown" },
    before: one,
    after: two,
  });
  await put("serving.json", { ...two, shadows: ["m@8"] });
  await changeServing(root, champion("m@9"));
  expect(
    (await readServingHistory(root)).map(({ act, after }) => [act, after.champion, after.shadows]),
  ).toEqual([
    ["promote", "m@0", []],
    ["promote", "m@1", []],
    ["edit", "m@2", []],
    ["edit", "m@2", ["m@8"]],
    ["promote", "m@9", ["m@8"]],
  ]);
  await put("serving.json", { champion: 7 });
  expect(await takeInEdit(root)).toBeNull();
});

test("a broken file leaves the last state serving; a changed line of the history is named", async () => {
  await changeServing(root, champion("m@1"));
  await changeServing(root, champion("m@2"));
  await writeFile(join(root, "serving.json"), "{");
  expect(await readServingOrLast(root)).toMatchObject({
    state: { champion: "m@2" },
    trouble: expect.stringMatching(/wrong/),
  });
  const path = join(root, "serving.history.jsonl");
  await writeFile(path, (await readFile(path, "utf8")).replace('"because"', '"no reason"'));
  await expect(readServingHistory(root)).rejects.toThrow(/line 1, was changed/);
});

test("what comes with the product fills the registry, follows releases, and never undoes a choice", async () => {
  const seed = await mkdtemp(join(tmpdir(), "seed-"));
  const served = join(root, "registry");
  const version = async (number: string, text: string): Promise<void> => {
    await mkdir(join(seed, "m", number), { recursive: true });
    await writeFile(join(seed, "m", number, "card.json"), text);
  };
  const release = (id: string): Promise<void> =>
    writeFile(join(seed, "serving.json"), JSON.stringify({ champion: id, challenger: null, shadows: [] }));
  await version("1", "one");
  await release("m@1");
  await Promise.all([seedRegistry(seed, served), seedRegistry(seed, served)]);
  expect((await readServing(served)).champion).toBe("m@1");
  await version("2", "two");
  await version("1", "changed");
  await release("m@2");
  expect(await seedRegistry(seed, served)).toBe(served);
  expect((await readServing(served)).champion).toBe("m@2");
  expect(await readFile(join(served, "m", "1", "card.json"), "utf8")).toBe("one");
  expect((await readServingHistory(served)).map(({ act, actor }) => [act, actor.kind])).toEqual([
    ["seed", "system"],
    ["seed", "system"],
  ]);
  await changeServing(served, champion("m@1"));
  await release("m@3");
  await seedRegistry(seed, served);
  expect((await readServing(served)).champion).toBe("m@1");
  // A folder of an earlier version, with a choice in its own files.
  const earlier = join(root, "earlier");
  await cp(join(seed, "m"), join(earlier, "m"), { recursive: true });
  await writeFile(join(earlier, "aliases.json"), JSON.stringify({ champion: "m@1" }));
  await seedRegistry(seed, earlier);
  expect((await readServing(earlier)).champion).toBe("m@1");
  await rm(seed, { recursive: true });
});

test("a half-written last line of the history is no line, and a broken state stops no start", async () => {
  const seed = await mkdtemp(join(tmpdir(), "seed-"));
  await put("serving.json", { champion: "m@1", challenger: null, shadows: [] });
  await cp(join(root, "serving.json"), join(seed, "serving.json"));
  await changeServing(root, champion("m@2"));
  const path = join(root, "serving.history.jsonl");
  await writeFile(path, `${await readFile(path, "utf8")}{"entry":{"seq":2,"ü`);
  expect((await readServingHistory(root)).map(({ seq }) => seq)).toEqual([1]);
  await changeServing(root, champion("m@3"));
  expect((await readServingHistory(root)).map(({ after }) => after.champion)).toEqual(["m@2", "m@3"]);
  await writeFile(join(root, "serving.json"), "{brok");
  expect(await seedRegistry(seed, root)).toBe(root);
  expect((await readServingOrLast(root)).state.champion).toBe("m@3");
  await rm(seed, { recursive: true });
});

test("a lock whose process is gone is taken at once; one of a living process is waited for", async () => {
  await writeFile(join(root, "serving.lock"), `${hostname()} 999999999 x`);
  await changeServing(root, champion("m@1"));
  await writeFile(join(root, "serving.lock"), `${hostname()} ${process.pid} another`);
  const waiting = changeServing(root, champion("m@2"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await readServing(root)).champion).toBe("m@1");
  await rm(join(root, "serving.lock"));
  await waiting;
  expect((await readServing(root)).champion).toBe("m@2");
});
