import { isLines } from "./body.ts";

const MIB = 1024 * 1024;

/** 10,000 transactions to score are about 6 MB of JSON, 1,000 to hand in about 600 kB; all else is small. */
const LARGER: ReadonlyMap<string, number> = new Map([
  ["/api/v1/score/batch", 12 * MIB],
  ["/api/v1/transactions", 4 * MIB],
]);

/** Where lines are read as they come, and never lie in memory together: some 400,000 transactions with V1…V28. */
const STREAMED: ReadonlyMap<string, number> = new Map([["/api/v1/transactions", 256 * MIB]]);

/**
 * The most bytes that a body sent to an address may have, as it comes out of its compression.
 *
 * @param type its media type: lines may have more where they are read as they come
 */
export function bodyLimit(path: string, type = ""): number {
  return (isLines(type) ? STREAMED.get(path) : undefined) ?? LARGER.get(path) ?? MIB;
}

/** The same for people: `12 MiB`. */
export function bodyLimitText(path: string): string {
  const streamed = STREAMED.get(path);
  const lines = streamed === undefined ? "" : `, as lines ${streamed / MIB} MiB`;
  return `${bodyLimit(path) / MIB} MiB${lines}`;
}
