import { expect, test } from "vitest";
import { type ExpressionError, Language, MAX_EXPRESSION_LENGTH } from "./language.ts";

const language = new Language({
  amount: "number",
  country: "text",
  event_time: "timestamp",
  online: "flag",
});
const scope = { amount: 150.5, country: "DE", event_time: new Date("2018-07-28T05:30:00Z"), online: true };

test.each<[string, unknown]>([
  ["amount > 100", true],
  ["amount * 2", 301],
  ["2 * amount - 1", 300],
  ["amount == 150", false],
  ["amount != 150", true],
  ['country in ["DE", "FR"] && online', true],
  ["event_time.getHours()", 5],
  ['event_time.getHours("Europe/Berlin")', 7],
  ["event_time.getDayOfWeek() in [0, 6] ? 1.0 : 0.0", 1],
  ["hour_of_day(event_time)", 5.5],
  ["log1p(amount)", Math.log1p(150.5)],
  ["min(amount, 100)", 100],
  ["amount / 0", Number.POSITIVE_INFINITY],
  ['country.lowerAscii() + "-" + string(size(country))', "de-2"],
])("%s", (text, value) => {
  expect(language.compile(text).evaluate(scope)).toBe(value);
});

test("an expression knows its type and what it reads", () => {
  expect(language.compile("amount > 100 || amount < 1 && online")).toMatchObject({
    type: "flag",
    uses: ["amount", "online"],
  });
  expect(language.compile("event_time.getHours()").type).toBe("number");
  expect(language.compile("country").type).toBe("text");
  expect(language.compile("amount > 100")).toMatchObject({ parts: 3, calls: [] });
});

test.each<[string, RegExp, number, number]>([
  ["amnt > 1", /Unknown variable: amnt/, 0, 4],
  ["amount >", /Unexpected token: EOF/, 8, 8],
  ["amount + country", /no such overload: double \+ string/, 0, 16],
  ['country.matches("(a+)+b")', /matches\(\) is not offered/, 0, 25],
  ["[1, 2].exists(x, x > 1)", /exists\(\) loops/, 0, 23],
  ["cel.bind(a, country + country, a + a) == country", /cel\.bind\(\) is not offered/, 0, 37],
  ["  ", /missing/, 0, 2],
  ['"a" + 1', /no such overload/, 0, 7],
  ["[amount]", /must be a number or a text or a flag or a timestamp, it is a list<double>/, 0, 8],
])("%s is refused with its place", (text, message, start, end) => {
  const error = refusal(() => language.compile(text));
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("\n");
  expect([error.start, error.end]).toEqual([start, end]);
});

test("what is asked for is what is taken", () => {
  expect(() => language.compile("amount", ["flag"])).toThrow("must be a flag, it is a number");
});

test("no expression is long, deep or wide enough to cost much", () => {
  const many = Array.from({ length: 300 }, () => "amount").join(" + ");
  for (const text of [
    `"${"x".repeat(MAX_EXPRESSION_LENGTH)}" == country`,
    many,
    `${"(".repeat(100)}amount${")".repeat(100)} > ${"-".repeat(90)}1.0`,
    `country in [${Array.from({ length: 300 }, (_, i) => `"${i}"`).join(",")}]`,
  ]) {
    expect(() => language.compile(text)).toThrow();
  }
});

test("functions of a caller's own", () => {
  const own = new Language(
    { country: "text" },
    { "in_list(string, string): bool": (_: string, x: string) => x === "DE" },
  );
  const listed = own.compile('in_list("deny", country)');
  expect(listed.evaluate({ country: "DE" })).toBe(true);
  expect(listed.calls).toEqual([{ name: "in_list", text: "deny", start: 0, end: 24 }]);
  expect(own.compile('in_list(country, "x")').calls[0]?.text).toBeUndefined();
});

test("variables that hold others by name", () => {
  const own = new Language({}, {}, { fields: "any", entities: "text" });
  const scope = { fields: { items: 5, gift: true, note: "x" }, entities: { customer: "c-1" } };
  const all = 'fields.items > 3 && fields.gift == true && fields.note == "x" && entities.customer == "c-1"';
  expect(own.compile(all)).toMatchObject({ type: "flag", uses: ["fields", "entities"] });
  expect(own.compile(all).evaluate(scope)).toBe(true);
  expect(own.compile("has(fields.nope) && fields.nope > 1").evaluate(scope)).toBe(false);
  for (const text of ["fields.nope > 1", "fields.constructor == 1", "fields.__proto__ == 1"]) {
    expect(() => own.compile(text).evaluate(scope), text).toThrow();
  }
});

test("a value that does not fit throws, and the next one is right again", () => {
  const number = language.compile("double(country)");
  expect(() => number.evaluate(scope)).toThrow();
  expect(number.evaluate({ ...scope, country: "1.5" })).toBe(1.5);
});

function refusal(run: () => unknown): ExpressionError {
  try {
    run();
  } catch (error) {
    return error as ExpressionError;
  }
  throw new Error("nothing was refused");
}
