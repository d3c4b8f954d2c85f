const MIB = 1024 * 1024;

/** 10,000 transactions to score are about 6 MB of JSON, 1,000 to hand in about 600 kB; all else is small. */
const LARGER: ReadonlyMap<string, number> = new Map([
  ["/api/v1/score/batch", 12 * MIB],
  ["/api/v1/transactions", 4 * MIB],
]);

/** The most bytes that a body sent to an address may have, as it comes out of its compression. */
export function bodyLimit(path: string): number {
  return LARGER.get(path) ?? MIB;
}

/** The same for people: `12 MiB`. */
export function bodyLimitText(path: string): string {
  return `${bodyLimit(path) / MIB} MiB`;
}
