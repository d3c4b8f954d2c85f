/** Files that are often handed over in place of CSV text: how they begin, what they are, what to do. */
const KINDS: readonly (readonly [begins: Buffer, what: string, remedy: string])[] = [
  [Buffer.of(0x1f, 0x8b), "a gzip file inside a gzip file", "unpack it once"],
  [Buffer.from("PK\x03\x04"), "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"],
  [Buffer.from("PK\x05\x06"), "an empty zip archive", "pack it anew"],
  [Buffer.of(0x78, 0x9c), "zlib data", "unpack it, or pack it with gzip"],
  [Buffer.from("BZh"), "a bzip2 file", "unpack it, or pack it with gzip"],
  [Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00), "an xz file", "unpack it, or pack it with gzip"],
  [Buffer.of(0x28, 0xb5, 0x2f, 0xfd), "a zstd file", "unpack it, or pack it with gzip"],
  [Buffer.of(0x04, 0x22, 0x4d, 0x18), "an lz4 file", "unpack it, or pack it with gzip"],
  [Buffer.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), "a 7z archive", "unpack it"],
  [Buffer.from("Rar!"), "a rar archive", "unpack it"],
  [Buffer.of(0xd0, 0xcf, 0x11, 0xe0), "an Excel workbook", "save the sheet as CSV"],
  [Buffer.from("PAR1"), "a Parquet file", "write it as CSV"],
  [Buffer.from("ARROW1"), "an Arrow file", "write it as CSV"],
  [Buffer.from("SQLite format 3"), "an SQLite database", "write the table as CSV"],
  [Buffer.of(0x89, 0x48, 0x44, 0x46), "an HDF5 file", "write it as CSV"],
  [Buffer.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), "a NumPy file", "write it as CSV"],
  [Buffer.from("%PDF"), "a PDF", "CSV is expected"],
  [Buffer.of(0xff, 0xfe, 0x00, 0x00), "UTF-32 text", "save it as UTF-8"],
  [Buffer.of(0x00, 0x00, 0xfe, 0xff), "UTF-32 text", "save it as UTF-8"],
];

const TAR_MARK = 257;
const LOOKED_AT = 1_024;

/** Whether bytes begin as a gzip file does, whatever its name. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Which UTF-16 a text is in: by its byte-order mark, or as every second byte of Latin text in UTF-16 is zero, and no other.
 *
 * @param start the first bytes of the text
 */
export function utf16Of(start: Buffer): "utf-16le" | "utf-16be" | undefined {
  const mark = start.length >= 2 ? start.readUInt16BE(0) : 0;
  if (mark === 0xfffe) return start.length >= 4 && start.readUInt16BE(2) === 0 ? undefined : "utf-16le";
  if (mark === 0xfeff) return "utf-16be";
  const looked = start.subarray(0, LOOKED_AT);
  const zeros = (half: number) => looked.filter((byte, i) => byte === 0 && i % 2 === half).length;
  const [even, odd] = [zeros(0), zeros(1)];
  if (Math.max(even, odd) * 3 <= looked.length || Math.min(even, odd) > 0) return undefined;
  return odd > 0 ? "utf-16le" : "utf-16be";
}

/**
 * What bytes are when they are not the text of a CSV file, with what to do about it; undefined when nothing speaks against.
 *
 * @param start the first bytes of the file, or of what was unpacked from it
 */
export function foreignKind(start: Buffer): string | undefined {
  const known = KINDS.find(([begins]) => start.subarray(0, begins.length).equals(begins));
  if (known) return `${known[1]}: ${known[2]}`;
  if (start.subarray(TAR_MARK, TAR_MARK + 5).toString("latin1") === "ustar")
    return "a tar archive: unpack it";
  const looked = start.subarray(0, LOOKED_AT);
  const controls = looked.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length;
  return controls * 50 > looked.length ? "no text: CSV is expected" : undefined;
}
