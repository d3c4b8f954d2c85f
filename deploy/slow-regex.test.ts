import { expect, test } from "vitest";
import { slowRegexes } from "./slow-regex.ts";

test.each([
  ["the number of /predict/ as it was", String.raw`/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i`],
  ["a repetition in a repetition", "/^(a+)+$/"],
  ["two neighbours that share", String.raw`/^\w+\d*x$/`],
  ["a run read from each of its characters", String.raw`/\s+$/`],
])("%s is found", (_, literal) => {
  expect(slowRegexes(`const a = 1;\nexport const b = x.replace(${literal}, "");`)).toMatchObject([
    { line: 2, literal },
  ]);
});

test("what is put together at run time is found", () => {
  expect(slowRegexes("const a = new RegExp(name);")).toMatchObject([{ line: 1, literal: "RegExp(…)" }]);
});

test("what is read in one pass is not, nor a division, nor a pattern in a text", () => {
  const code = String.raw`
    const a = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(x as string);
    const b = one / two / three;
    const c = "/(a+)+$/";
    const d = <p class="x">/(a+)+$/</p>;
    function isPattern(r: RegExp): r is RegExp { return r instanceof RegExp; }
  `;
  expect(slowRegexes(code)).toEqual([]);
});
