import { describe, expect, it } from "vitest";
import { containsPan, passesLuhn } from "./pan.ts";

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
    "30569309025904",
    "6011111111111117",
    "6304000000000000",
    "4000000000000000006",
    "2223003122003222",
    "4222222222222",
  ])("finds %s", (text) => expect(containsPan(text)).toBe(true));

  it.each([
    "",
    "tok_8f14e45fceea167a",
    "4111111111111112",
    "411111111111",
    "41111111111111110000000",
    "1763847000123",
    "sim-1763847000-000123",
    "20261122-0000000018",
    "550e8400-e29b-41d4-a716-446655440000",
    "4bf92f35774111111111111111c0ffee",
    "00000000-4111-1111-1111-111111111111",
    "0000000000000000",
  ])("lets %s pass", (text) => expect(containsPan(text)).toBe(false));
});

it("checks Luhn", () => {
  expect(passesLuhn("79927398713")).toBe(true);
  expect(passesLuhn("79927398710")).toBe(false);
});
