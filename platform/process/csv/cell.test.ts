import { expect, test } from "vitest";
import { csvCell } from "./cell.ts";

test("what a spreadsheet would run is text, what has commas, quotes or line ends is quoted, numbers stay numbers", () => {
  expect(csvCell('say "hi"\n')).toBe('"say ""hi""\n"');
  expect(csvCell("-1")).toBe("'-1");
  expect(csvCell(-1)).toBe("-1");
  expect(csvCell("=1,2")).toBe(`"'=1,2"`);
  expect(csvCell("＝1")).toBe("'＝1");
  expect(csvCell("\n=1")).toBe(`"'\n=1"`);
  expect(csvCell("a=1")).toBe("a=1");
  expect(csvCell("")).toBe('""');
});
