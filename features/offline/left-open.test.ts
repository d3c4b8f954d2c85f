import { expect, test } from "vitest";
import { parseSchema } from "../schema/read.ts";
import { leftOpen } from "./left-open.ts";
import { mappingFor, proposeMapping } from "./mapping.ts";

const schema = parseSchema(`schema: 1
name: test
currency: EUR
fields: { amount: { type: number }, note: { type: text, default: none } }
entities: { customer: {} }
inputs: [amount]
`);
const columns = ["id", "event_time", "customer", "amount", "note"];
const mapping = mappingFor(schema, columns);
const open = (moments: readonly unknown[], amounts: readonly unknown[]) =>
  leftOpen(
    new Map([
      ["event_time", moments],
      ["amount", amounts],
      ["note", ["1,5"]],
    ]),
    mapping,
    schema,
  );

test("a clock without an offset and a comma in a number have to be told of", () => {
  expect(open(["2025-01-01T10:00:00Z", new Date()], ["1.5", "-12", 3])).toEqual({});
  expect(open(["2025-01-01T10:00:00Z", "2025-01-01 10:00"], ["1.50", "2,5"])).toEqual({
    zone: "2025-01-01 10:00",
    decimal: "2,5",
  });
});

test("where every point may part thousands, nobody knows", () => {
  expect(open([], ["1.234", "5"])).toEqual({ decimal: "1.234" });
  expect(open([], ["1.234", "0.5"])).toEqual({});
  expect(open([], ["0.125"])).toEqual({});
});

test("what is missing and what is not read is proposed with the rest", () => {
  expect(proposeMapping(schema, ["Transaction ID", "Amount", "amount_2", "Event-Time"])).toEqual({
    columns: { amount: "Amount", transaction_id: "Transaction ID", event_time: "Event-Time" },
    missing: [{ what: "customer", names: ["customer", "customer_id", "entities.customer"] }],
    unused: ["amount_2"],
  });
});
