import { expect, test } from "vitest";
import { judge, type Plan } from "./judge.ts";

const PLAN: Plan = {
  rooms: {
    domain: { pure: true },
    store: { rooms: ["domain"], packages: ["kysely"], tests: ["web"] },
    "store/inner": { rooms: ["domain"] },
    web: { rooms: ["domain", "store/*"], packages: ["hono"] },
    bench: { outside: true },
  },
  only: { "onnxruntime-node": "store/model.ts" },
  tools: { typescript: "compiles" },
};
const DECLARED = ["kysely", "hono", "onnxruntime-node", "vitest", "typescript"];

/** A house with these files beside some in each room that need everything which is allowed. */
function found(files: Readonly<Record<string, string>>, declared: readonly string[] = DECLARED): string[] {
  const house = {
    "domain/money.ts": "",
    "store/rows.ts": `import "kysely";\nimport "../domain/money.ts";`,
    "store/model.ts": `import "onnxruntime-node";`,
    "store/inner/key.ts": `import "../../domain/money.ts";`,
    "store/testing/rows.ts": "",
    "store/rows.test.ts": `import "vitest";\nimport "../web/app.ts";`,
    "web/app.ts": `import "hono/jsx";\nimport "../store/rows.ts";\nimport "../domain/money.ts";`,
    "bench/run.ts": "",
    ...files,
  };
  const sources = Object.entries(house).map(([file, code]) => ({ file, code }));
  return judge(sources, PLAN, new Set(declared)).map(({ where, what }) => `${where}: ${what}`);
}

test("what is allowed is not found", () => {
  expect(
    found({
      "web/page.ts": `import { a } from "../store/rows.ts";\nimport "../store/inner/key.ts";\nimport "node:fs";`,
      "store/more.ts": `import type { M } from "../domain/money.ts";\nimport "./rows.ts";`,
      "store/more.test.ts": `import "../web/app.ts";\nimport "./testing/rows.ts";\nimport "vitest";`,
      "bench/all.ts": `import "../web/app.ts";\nimport "../store/testing/rows.ts";\nimport "hono";`,
    }),
  ).toEqual([]);
});

test.each([
  ["import", `import { app } from "../web/app.ts";`],
  ["a type", `import type { App } from "../web/app.ts";`],
  ["a type within", `export const a: import("../web/app.ts").App = b;`],
  ["export from", `export { app } from "../web/app.ts";`],
  ["export of all", `export * from "../web/app.ts";`],
  ["import()", `const app = await import("../web/app.ts");`],
  ["a worker's file", `new Worker(new URL("../web/app.ts", import.meta.url));`],
  [
    "a worker's file in one of two forms",
    `new URL(import.meta.url.endsWith(".ts") ? "../web/app.ts" : "../web/app.js", import.meta.url);`,
  ],
])("a room that is not named is refused: %s", (_, code) => {
  expect(found({ "store/bad.ts": `\n${code}` })).toEqual([
    "store/bad.ts:2: web/app.ts: store may import domain, not web",
  ]);
});

test("a room within another is a room of its own", () => {
  expect(found({ "store/inner/bad.ts": `import "../rows.ts";` })).toEqual([
    "store/inner/bad.ts:1: store/rows.ts: store/inner may import domain, not store",
  ]);
});

test("packages are refused where they are not named, are not declared, or belong to one file", () => {
  expect(
    found({ "web/bad.ts": `import "kysely";\nimport "left-pad";\nimport { r } from "onnxruntime-node";` }),
  ).toEqual([
    "web/bad.ts:1: kysely: web may import hono from npm",
    "web/bad.ts:2: left-pad is no dependency in package.json",
    "web/bad.ts:2: left-pad: web may import hono from npm",
    "web/bad.ts:3: onnxruntime-node: only store/model.ts imports it",
  ]);
});

test("a pure room imports no module of Node's, its tests may", () => {
  expect(
    found({
      "domain/bad.ts": `import "node:fs";`,
      "domain/a.test.ts": `import "node:fs";\nimport "vitest";`,
    }),
  ).toEqual(["domain/bad.ts:1: node:fs: domain is pure and imports no module of Node's"]);
});

test("what runs in production imports no testing helper, and nobody imports what measures from outside", () => {
  expect(found({ "store/bad.ts": `import "./testing/rows.ts";\nimport "../bench/run.ts";` })).toEqual([
    "store/bad.ts:1: store/testing/rows.ts helps tests; store runs in production",
    "store/bad.ts:2: bench/run.ts: nobody imports bench",
  ]);
});

test("a file in no room, a package that nobody imports and a tool that is not there are said", () => {
  expect(found({ "attic/box.ts": "" }, [...DECLARED.slice(0, -1), "csv-parse"])).toEqual([
    "attic/box.ts: stands in no room that is declared",
    "package.json: csv-parse is imported by nobody",
    "typescript: a tool that package.json does not have",
  ]);
});

test("what a room may import and does not is taken out again", () => {
  expect(found({ "store/inner/key.ts": "", "web/app.ts": `import "../store/inner/key.ts";` })).toEqual([
    "package.json: hono is imported by nobody",
    "store/inner: may import domain, and does not: take it out",
    "web: may import domain, and does not: take it out",
    "web: may import hono, and does not: take it out",
  ]);
});

test("a plan in which rooms, or the floors that they are on, import each other is refused", () => {
  const of = (rooms: Plan["rooms"]): string[] =>
    judge([], { rooms, only: {}, tools: {} }, new Set()).map(({ where, what }) => `${where}: ${what}`);
  expect(of({ a: { rooms: ["b"] }, b: { rooms: ["c"] }, c: { rooms: ["a"] } })).toEqual([
    "a → b → c → a: rooms import each other in a circle",
  ]);
  expect(of({ "a/x": { rooms: ["b/x"] }, "b/x": {}, "b/y": { rooms: ["a/y"] }, "a/y": {} })).toEqual([
    "a → b → a: rooms import each other in a circle",
  ]);
  expect(of({ a: { rooms: ["cellar"] } })).toEqual(["a: may import cellar, which is no room"]);
});
