/** Slots of a Redis Cluster. */
const SLOTS = 16_384;
/** CRC-16/XMODEM, as the cluster's specification has it. */
const POLYNOMIAL = 0x1021;

/** The slot of a key: of what its first braces enclose, where that is something. */
export function keySlot(key: string): number {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}
