import { describe, expect, test } from "vitest";
import { ENTITY_NAME } from "./entities.ts";
import {
  gatherEntities,
  gatherFields,
  MAX_ENTITIES,
  MAX_ENTITY_ID,
  MAX_FIELD_TEXT,
  MAX_FIELDS,
  MAX_OWN_CHARACTERS,
  utcMoment,
} from "./own-values.ts";
import { CONTEXT_FIELDS, TEXT_FIELDS } from "./transaction.ts";

const PAN = "4111 1111 1111 1111";

/** What becomes of one field. */
function field(name: string, value: unknown) {
  const gathered = gatherFields();
  gathered.put(name, value);
  return gathered.right ? gathered.values[name] : gathered.wrong[0]?.description;
}

function entity(name: string, id: unknown) {
  const gathered = gatherEntities();
  gathered.put(name, id);
  return gathered.right ? gathered.values[name] : gathered.wrong[0]?.description;
}

describe("a field", () => {
  test.each([
    12.5,
    0,
    -1e300,
    5e-324,
    true,
    false,
    "",
    "a word",
    "é".repeat(MAX_FIELD_TEXT),
    "𝒳".repeat(256),
  ])("of the value %s is kept as it is", (value) => {
    expect(field("f", value)).toBe(value);
  });

  test("that is a moment is kept in UTC, to the millisecond", () => {
    expect(field("f", { timestamp: "2026-11-26T11:00:00.1239+01:00" })).toBe("2026-11-26T10:00:00.123Z");
    expect(field("f", "2026-11-26T11:00:00+01:00")).toBe("2026-11-26T11:00:00+01:00");
    expect(field("f", -0)).toBe(0);
    expect(Object.is(field("f", -0), 0)).toBe(true);
  });

  test.each<[unknown, RegExp]>([
    [Number.NaN, /finite/],
    [Number.POSITIVE_INFINITY, /finite/],
    [4111111111111111, /card number/],
    [PAN, /card number/],
    [`order ${PAN} of today`, /card number/],
    ["x".repeat(MAX_FIELD_TEXT + 1), /at most 256 characters/],
    ["a\nb", /control characters/],
    ["a\0b", /control characters/],
    ["\ud800", /surrogate/],
    [null, /must be a number/],
    [undefined, /must be a number/],
    [["a"], /must be a number/],
    [{ timestamp: 5 }, /must be a number/],
    [{ timestamp: "2026-11-26T10:00:00Z", more: 1 }, /must be a number/],
    [{ timestamp: "2026-11-26" }, /ISO 8601/],
    [{ timestamp: "2026-02-30T10:00:00Z" }, /ISO 8601/],
    [{ timestamp: "0000-12-31T10:00:00Z" }, /ISO 8601/],
  ])("of the value %s is refused", (value, why) => {
    expect(field("f", value)).toMatch(why);
  });

  test.each(["", "F", "1f", "_f", "a-b", "a b", "é", "x".repeat(65), "__proto__", "v", "f\n"])(
    "may not be called %j",
    (name) => {
      expect(field(name, 1)).toMatch(/name|contract/);
    },
  );

  test("may be called as an object's own functions are", () => {
    expect(field("constructor", 7)).toBe(7);
    expect(Object.hasOwn(gatherFields().values, "constructor")).toBe(false);
  });

  test("may not take the name of one of the contract's", () => {
    for (const { column } of TEXT_FIELDS) expect(field(column, "x")).toMatch(`send it as ${column}`);
    for (const name of ["time", "amount", "event_time", "fields", "entities"]) {
      expect(field(name, 1)).toMatch(`send it as ${name}`);
    }
  });

  test("with a card number for a name does not have it repeated", () => {
    const gathered = gatherFields();
    gathered.put(`a${PAN.replaceAll(" ", "")}`, 1);
    gathered.put(`${"x".repeat(60)} ${PAN}`, 1);
    expect(JSON.stringify(gathered.wrong)).not.toMatch(/4111|1111/);
    expect(gathered.wrong).toHaveLength(2);
  });
});

describe("an entity", () => {
  test("has an id of one line", () => {
    expect(entity("customer", "c-17")).toBe("c-17");
    expect(entity("customer", "")).toMatch(/empty/);
    expect(entity("customer", 17)).toMatch(/text/);
    expect(entity("customer", "x".repeat(MAX_ENTITY_ID + 1))).toMatch(/at most 128/);
    expect(entity("customer", PAN)).toMatch(/card number/);
  });

  test("that the contract has a field for is sent there", () => {
    for (const declared of CONTEXT_FIELDS) {
      if ("entity" in declared) expect(entity(declared.entity, "x")).toMatch(`send it as ${declared.column}`);
    }
  });
});

test("the same name again replaces what was there", () => {
  const gathered = gatherFields();
  gathered.put("a", 1);
  gathered.put("a", "two");
  expect(gathered.values).toEqual({ a: "two" });
});

test("there are limits to how much is taken, and nothing beyond them is looked at", () => {
  const many = gatherFields();
  for (let i = 0; i < MAX_FIELDS; i++) many.put(`f${i}`, i);
  expect(many).toMatchObject({ right: true, full: false });
  many.put("one_more", 1);
  many.put("and_more", PAN);
  expect(many.full).toBe(true);
  expect(many.wrong).toEqual([{ name: "", description: "must hold at most 128" }]);

  const entities = gatherEntities();
  for (let i = 0; i <= MAX_ENTITIES; i++) entities.put(`e${i}`, "x");
  expect(entities.wrong).toEqual([{ name: "", description: "must hold at most 16" }]);

  const long = gatherFields();
  const text = "y".repeat(MAX_FIELD_TEXT);
  for (let i = 0; i * MAX_FIELD_TEXT < MAX_OWN_CHARACTERS; i++) long.put(`f${i}`, text);
  expect(long.full).toBe(true);
});

test("of many wrong ones the first are named and the rest counted", () => {
  const gathered = gatherFields();
  for (let i = 0; i < 50; i++) gathered.put(`f${i}`, null);
  expect(gathered.wrong).toHaveLength(6);
  expect(gathered.wrong.at(-1)).toEqual({ name: "", description: "45 more are wrong" });
});

test.each([
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ["1900-02-29T00:00:00Z", undefined],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ["0001-01-01T00:00:00+01:00", undefined],
  ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ["9999-12-31T23:59:59-01:00", undefined],
  ["2026-13-01T00:00:00Z", undefined],
  ["2026-11-26T10:00Z", "2026-11-26T10:00:00.000Z"],
  ["2026-11-26T10:00:00", undefined],
  ["2026-11-26T24:00:00Z", undefined],
])("%s is the moment %s", (text, utc) => {
  expect(utcMoment(text)).toBe(utc);
});

test("names have the form that expressions can spell", () => {
  expect(ENTITY_NAME.test("customer_id2")).toBe(true);
});
