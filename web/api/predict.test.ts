import fc from "fast-check";
import { expect, test } from "vitest";
import { PREDICT_FIELDS, PREDICT_ROUTES, parsePredict } from "./predict.ts";

const body = (): Record<string, unknown> => Object.fromEntries(PREDICT_FIELDS.map((name, i) => [name, i]));

test("the thirty fields come out in the model's order, whatever order they came in", () => {
  const reversed = Object.fromEntries(Object.entries(body()).reverse());
  expect(parsePredict({ ...reversed, extra: "ignored, as FastAPI does" })).toEqual({
    values: Array.from({ length: 30 }, (_, i) => i),
  });
});

test("every missing field is named as FastAPI names it", () => {
  const { V7: _, Amount: __, ...rest } = body();
  expect(parsePredict(rest)).toEqual({
    detail: [
      { loc: ["body", "V7"], msg: "Field required", type: "missing" },
      { loc: ["body", "Amount"], msg: "Field required", type: "missing" },
    ],
  });
});

test("text that reads as a number is one; other text, null and lists are not", () => {
  expect(parsePredict({ ...body(), V1: " -1.5e2 " })).toMatchObject({
    values: expect.arrayContaining([-150]),
  });
  expect(parsePredict({ ...body(), V1: "abc", V2: null, V3: [1] })).toEqual({
    detail: [
      {
        loc: ["body", "V1"],
        msg: "Input should be a valid number, unable to parse string as a number",
        type: "float_parsing",
      },
      { loc: ["body", "V2"], msg: "Input should be a valid number", type: "float_type" },
      { loc: ["body", "V3"], msg: "Input should be a valid number", type: "float_type" },
    ],
  });
});

test("what the model cannot read is refused: negative amounts and times, numbers beyond a float", () => {
  const parsed = parsePredict({ ...body(), Amount: -1, Time: -0.5, V28: 1e300 });
  expect(parsed).toMatchObject({
    detail: [
      { loc: ["body", "Time"], type: "greater_than_equal" },
      { loc: ["body", "V28"], type: "finite_number" },
      { loc: ["body", "Amount"], type: "greater_than_equal" },
    ],
  });
});

test("what the scorer would refuse is refused here, in the original's words", () => {
  expect(parsePredict({ ...body(), Amount: 1e13, Time: 2 ** 33 })).toMatchObject({
    detail: [
      { loc: ["body", "Time"], type: "less_than_equal" },
      { loc: ["body", "Amount"], type: "less_than_equal" },
    ],
  });
});

test.each([null, 1, "text", [1, 2]])("%j is no object", (value) => {
  expect(parsePredict(value)).toMatchObject({ detail: [{ loc: ["body"], type: "model_attributes_type" }] });
});

test.each([
  ["a long number with a letter behind", `${"1".repeat(200_000)}x`, "float_parsing"],
  ["a long fraction with a letter behind", `0.${"1".repeat(200_000)}x`, "float_parsing"],
  ["a long exponent with a letter behind", `1e${"1".repeat(200_000)}x`, "float_parsing"],
  ["white space around a letter", `${" ".repeat(200_000)}x${" ".repeat(200_000)}x`, "float_parsing"],
  ["a number that no float holds", "1".repeat(200_000), "finite_number"],
])("%s is judged in time that grows with its length", (_, text, type) => {
  const started = performance.now();
  expect(parsePredict({ ...body(), V1: text })).toMatchObject({ detail: [{ loc: ["body", "V1"], type }] });
  expect(performance.now() - started).toBeLessThan(1_000);
});

test.each([
  ["1.", 1],
  [".5", 0.5],
  ["+1E-2", 0.01],
  ["\t-3\n", -3],
])("%j reads as %d, as Python reads it", (text, value) => {
  expect(parsePredict({ ...body(), V1: text })).toMatchObject({ values: expect.arrayContaining([value]) });
});

test("what the document lets through is taken", () => {
  const schema = PREDICT_ROUTES[0]?.operation.body?.schema;
  const value = fc.oneof(
    fc.double(),
    fc.constantFrom(-0, 0, 1e12, 1e13, 2 ** 32, 2 ** 33, 3.4e38, 3.5e38, -1),
  );
  const bodies = fc.record(Object.fromEntries(PREDICT_FIELDS.map((name) => [name, value])));
  const some = fc
    .tuple(fc.constantFrom(...PREDICT_FIELDS), value)
    .map(([name, it]) => ({ ...body(), [name]: it }));
  fc.assert(
    fc.property(fc.oneof(bodies, some), (each) => {
      expect("values" in parsePredict(each)).toBe(schema?.safeParse(each).success);
    }),
  );
});
