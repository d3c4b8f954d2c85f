import { expect, test } from "vitest";
import { parseProcfile } from "./procfile.ts";

test("reads names and commands, skips comments and blank lines", () => {
  expect(parseProcfile("# all\n\nscorer: node a.ts --x=1\r\nweb_2:  sh -c 'a: b'\n")).toEqual([
    { name: "scorer", command: "node a.ts --x=1" },
    { name: "web_2", command: "sh -c 'a: b'" },
  ]);
});

test.each([
  ["scorer node a.ts", 'line 1: expected "name: command"'],
  ["scorer: a\nscorer: b", 'line 2: "scorer" stands twice'],
  ["scorer:", "line 1"],
  ["# nothing\n", "no processes"],
])("refuses %j", (text, message) => {
  expect(() => parseProcfile(text)).toThrow(message);
});
