import { pino } from "pino";
import { expect, test } from "vitest";
import { maskedLine } from "./log-masking.ts";

/** What is written for the arguments of a logger. */
function written(...given: [unknown, string?]): Record<string, unknown> {
  let line = "";
  const logger = pino({ hooks: { streamWrite: maskedLine } }, { write: (text) => (line = text) });
  (logger.info as (...args: unknown[]) => void)(...given);
  expect(line.endsWith("\n")).toBe(true);
  return JSON.parse(line);
}

test("no card number leaves in a log, however deep it stands and however it is spelled", () => {
  expect(written("paid with 4111 1111 1111 1111")).toMatchObject({ msg: "paid with [16 digits]" });
  expect(written("4111\t1111\n1111\u00a01111")).toMatchObject({ msg: "[16 digits]" });
  expect(written({ a: { b: [{ c: "４１１１１１１１１１１１１１１１" }] } })).toMatchObject({
    a: { b: [{ c: "[16 digits]" }] },
  });
  expect(written({ n: 4111111111111111, "4111-1111-1111-1111": 1 })).toMatchObject({
    n: "[16 digits]",
    "[16 digits]": 1,
  });
  expect(written({ err: new Error("card 378282246310005 refused") })).toMatchObject({
    err: { message: "card [15 digits] refused", stack: expect.not.stringContaining("378282246310005") },
  });
});

test("a line without one is left as it is", () => {
  for (const line of [
    '{"id":"f47ac10b-58cc-4372-a567-0e02b2c3d479","n":[4111,1111,1111,1111]}\n',
    "no json\n",
  ]) {
    expect(JSON.parse(JSON.stringify(maskedLine(line)))).toBe(line);
  }
  expect(maskedLine("no json 4111111111111111\n")).toBe("no json [16 digits]\n");
});
