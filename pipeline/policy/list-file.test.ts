import { expect, test } from "vitest";
import { readListFile } from "./list-file.ts";

const OTHERWISE = { expiresAt: null, reason: "from a file" };

test("values with their ends and reasons; what a line leaves out is as said", () => {
  const text =
    '\ufeffvalue, Expires ,reason\r\ntok_1,2027-01-31,"stolen, reported"\n"tok 2"\n\ntok_3,,x\n,,\n';
  expect(readListFile(text, OTHERWISE)).toEqual([
    { value: "tok_1", expiresAt: new Date("2027-01-31T23:59:59.999Z"), reason: "stolen, reported" },
    { value: "tok 2", ...OTHERWISE },
    { value: "tok_3", expiresAt: null, reason: "x" },
  ]);
  expect(readListFile("reason,value\nwhy,a", OTHERWISE)).toEqual([
    { value: "a", expiresAt: null, reason: "why" },
  ]);
});

test.each([
  ["tok_1\ntok_2", "must begin with a line that names the columns"],
  ["value,colour\na,b", 'has a column "colour"'],
  ["value,expires\na,soon", "line 2: expires must be a date"],
  ['value\n"a', "line 2: has a quote that does not close"],
  ["value\na\nb,c", "line 3: has 2 fields, the header 1"],
])("%j is refused with its line", (text, message) => {
  expect(() => readListFile(text, OTHERWISE)).toThrow(message);
});
