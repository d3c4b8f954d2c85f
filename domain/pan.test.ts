import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containsPan, maskPans, passesLuhn } from "./pan.ts";

const UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479";

describe("card numbers", () => {
  it.each([
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "my card: 5500 0000 0000 0004.",
    "tok_4111111111111111",
    "card4111111111111111",
    "378282246310005",
    "3782 822463 10005",
    "3782-822463-10005",
    "30569309025904",
    "3056 930902 5904",
    "6011111111111117",
    "6304000000000000",
    "4000000000000000006",
    "2223003122003222",
    "4222222222222",
    "3530111333300000",
    "2200000000000004",
    "6200000000000005",
    "9792030000000000",
    // with other numbers around
    "4111 1111 1111 1111 123",
    "4111111111111111 123",
    "12/28 4111 1111 1111 1111",
    "12/28 4111111111111111 999",
    "4111-1111-1111-1111-1228",
    `order ${UUID} card 4111111111111111`,
    `4111 1111 1111 1111 ${UUID}`,
    // with other things between
    "4111\u00a01111\u00a01111\u00a01111",
    "4111\u20091111\u20091111\u20091111",
    "4111\t1111\n1111\r\n1111",
    "4111.1111.1111.1111",
    "4111/1111/1111/1111",
    "4111_1111_1111_1111",
    "4111,1111,1111,1111",
    "4111:1111;1111|1111",
    "4111 - 1111 - 1111 - 1111",
    "4111\u20131111\u20141111\u22121111",
    "4111  1111  1111  1111",
    "4111 \t  1111    1111\n\n\n\n\n1111",
    "4111\u200b1111\u200b1111\u200b1111",
    "41111\u00ad11111\u200b111111",
    // in other groups
    "41 11 11 11 11 11 11 11",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
    "411 111 111 111 111 1",
    "41111 11111 11111 1",
    "41111111 11111111",
    "411111 1111111111",
    "4111 11 111111 1111",
    // in other digits
    "４１１１１１１１１１１１１１１１",
    "４１１１　１１１１　１１１１　１１１１",
    "٤١١١١١١١١١١١١١١١",
    "४१११११११११११११११",
    "\u{1d7d2}\u{1d7cf}\u{1d7cf}\u{1d7cf}111111111111",
    "⁴¹¹¹¹¹¹¹¹¹¹¹¹¹¹¹",
    "④⑪⑪⑪①⑪⑪⑪⑪",
    "⑷⑴⑴⑴⑴⑴⑴⑴⑴⑴⑴⑴⑴⑴⑴⑴",
    "4\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e3111111111111",
    // in words that are no ids
    "4111111111111111deadbeef0",
    "x4111111111111111x4111111111111111x",
  ])("finds %s", (text) => expect(containsPan(text)).toBe(true));

  it.each([
    "",
    "tok_8f14e45fceea167a",
    "4111111111111112",
    "4111 1111 1111 1112",
    "411111111111",
    "41111111111111110000000",
    "4111 and 1111 and 1111 and 1111",
    "4111 / / / / 1111 / / / / 1111 / / / / 1111",
    "1763847000123",
    "sim-1763847000-000123",
    "20261122-0000000018",
    "order-202611250000017",
    "shop-900000000000001",
    "25112026-00012345",
    "2026-11-25T10:00:00.000+00:00",
    "192.168.100.200:8080",
    "+44 20 7946 0958 ext 12",
    UUID,
    "550e8400-e29b-41d4-a716-446655440000",
    "4bf92f35774111111111111111c0ffee",
    "00000000-4111-1111-1111-111111111111",
    "0000000000000000",
  ])("lets %s pass", (text) => expect(containsPan(text)).toBe(false));

  it("masks the number alone", () => {
    expect(maskPans("pay 4111-1111-1111-1111, 123 for order-202611250000017")).toBe(
      "pay [16 digits], 123 for order-202611250000017",
    );
    expect(maskPans("4111111111111111 and 378282246310005")).toBe("[16 digits] and [15 digits]");
    expect(maskPans(UUID)).toBe(UUID);
  });

  it("leaves nothing to find behind the mask, and texts without a number as they are", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("4", "1", "0", " ", "-", "a", "١", "\ud83d", ".") }),
        (text) => {
          const masked = maskPans(text);
          return containsPan(text) ? masked !== text : masked === text;
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("refuses few random ids: UUIDs none, tokens and numbers in order none", () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const hex = (length: number): string =>
      Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const uuid = `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;
      const number = 10 ** 12 + Math.floor(random() * 10 ** 12);
      for (const id of [uuid, `tok_${hex(32)}`, `2026-${number}`]) if (containsPan(id)) refused++;
    }
    expect(refused).toBe(0);
  });
});

it("checks Luhn", () => {
  expect(passesLuhn("79927398713")).toBe(true);
  expect(passesLuhn("79927398710")).toBe(false);
});
