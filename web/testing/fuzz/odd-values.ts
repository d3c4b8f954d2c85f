import type { Random } from "../../../platform/math/random.ts";

export const oneOf = <T>(random: Random, values: readonly T[]): T => values[random.int(values.length)] as T;

/** A card number, which must not be in any log however a request brought it. */
export const PLANTED_PANS = [
  "4111 1111 1111 1111",
  "4111111111111111",
  "5500-0000-0000-0004",
  "４１１１１１１１１１１１１１１１",
];

export function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.int(most) + 1 }, () => random.int(256)));
}

const TEXTS: readonly ((random: Random) => string)[] = [
  () => "",
  () => "a",
  (random) => "x".repeat(random.int(5_000)),
  (random) => oneOf(random, PLANTED_PANS),
  () => "\u0000",
  () => "\ud800",
  () => "é".repeat(129),
  () => "../../etc/passwd",
  () => "__proto__",
  () => "'; drop table decisions; --",
  () => "<script>alert(1)</script>",
  () => "%00%ff%2e%2e%2f",
  () => "\u202e\u200b\ufeff",
  () => "9".repeat(400),
  () => "2026-11-26T25:61:00Z",
  () => "2026-11-26T10:00:00+18:00",
  () => "null",
  () => "-0",
  () => "1e309",
  () => "0x10",
  () => "(a+)+$".repeat(100),
  (random) => noise(random, 60).toString("latin1"),
  (random) => noise(random, 60).toString("utf16le"),
];

export const oddText = (random: Random): string => oneOf(random, TEXTS)(random);

const VALUES: readonly ((random: Random) => unknown)[] = [
  oddText,
  oddText,
  () => null,
  () => true,
  () => -1,
  () => 0,
  () => 1e308,
  () => 4111111111111111,
  () => 2 ** 53,
  () => 1e-300,
  () => [],
  () => ({}),
  () => new Array(40).fill(0.5),
  (random) => nested(random.int(200)),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** The same JSON with one place in it changed, added or taken away. */
export function withOneChange(random: Random, value: unknown): unknown {
  if (random.int(3) === 0 || typeof value !== "object" || value === null)
    return oneOf(random, VALUES)(random);
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    if (copy.length === 0 || random.int(6) === 0) return new Array(random.int(300)).fill(copy[0] ?? 0);
    const at = random.int(copy.length);
    copy[at] = withOneChange(random, copy[at]);
    return copy;
  }
  const names = Object.keys(value);
  const copy: Record<string, unknown> = { ...value };
  const name = names[random.int(names.length)];
  const kind = random.int(8);
  if (name === undefined || kind === 0) copy[oddText(random).slice(0, 50)] = oneOf(random, VALUES)(random);
  else if (kind === 1) delete copy[name];
  else copy[name] = withOneChange(random, copy[name]);
  return copy;
}

/** Bytes changed, put in, taken out or cut off. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  let changed = bytes;
  for (let i = random.int(4); i >= 0; i--) {
    const at = random.int(changed.length + 1);
    const [head, tail] = [changed.subarray(0, at), changed.subarray(at)];
    const kind = random.int(4);
    if (kind === 0) changed = Buffer.concat([head, noise(random, 4), tail.subarray(1)]);
    else if (kind === 1) changed = Buffer.concat([head, noise(random, 8), tail]);
    else if (kind === 2) changed = Buffer.concat([head, tail.subarray(random.int(20))]);
    else changed = head;
  }
  return Buffer.from(changed);
}
