import { expect, test } from "vitest";
import { createLineFormatter, parseLogLine } from "./log-line.ts";

const plain = createLineFormatter(["web", "scorer"], false);

test("a pino line becomes one readable line", () => {
  const line =
    '{"level":30,"time":"2026-11-22T21:45:01.123Z","pid":7,"name":"web","port":8000,"msg":"ready"}';
  expect(plain("web", line)).toBe("web    | 21:45:01 INFO  ready port=8000");
});

test("an error keeps its stack, every line under the process's name", () => {
  const line =
    '{"level":50,"time":"2026-11-22T21:45:01.123Z","err":{"stack":"Error: no\\n    at x"},"msg":"failed"}';
  expect(plain("scorer", line)).toBe(
    "scorer | 21:45:01 ERROR failed\nscorer |   Error: no\nscorer |       at x",
  );
});

test("anything else is shown as it is", () => {
  expect(plain("web", '{"level":broken')).toBe('web    | {"level":broken');
  expect(parseLogLine("hello")).toBeUndefined();
});
