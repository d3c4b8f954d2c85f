/**
 * Where a card stands between 0 and 1: FNV-1a over its token's bytes, mixed so that all bits count. The same card always
 * stands at the same place, so it keeps seeing the same model while the share stays or grows.
 */
export function cardPosition(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 2 ** 32;
}
