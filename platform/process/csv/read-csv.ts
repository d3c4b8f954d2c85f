import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { PassThrough, pipeline, Transform } from "node:stream";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import { codeOf, DomainError, messageOf } from "../errors.ts";
import { ArffHead } from "./arff.ts";
import { foreignKind, isGzip, utf16Of } from "./file-kind.ts";
import { type Header, headerOf, readHeader, SEPARATORS, type Wanted } from "./header.ts";
import { foreignLine, isBlank, quoted, splitFields } from "./text.ts";

/** Characters; a file that has a longer line is hardly CSV, and is not gathered in memory to find out. */
const LONGEST_LINE = 1 << 20;

/** Rows that follow each other in a file. */
export interface Rows {
  readonly header: Header;
  /** The line of the first of them; they have a line each. */
  readonly firstLine: number;
  /** Each as long as the header; as latin1, with what quotes and blanks there are (`fieldText` takes them off). */
  readonly rows: readonly (readonly string[])[];
  /** Which of the rows are broken lines that were let in, and what is wrong with each; such a row is the line, one field. */
  readonly broken: ReadonlyMap<number, string>;
}

export interface ReadCsvOptions {
  /** Told of the file's bytes as they lie there, packed or not. */
  readonly onBytes?: (bytes: Buffer) => void;
  /** What to do when there is no such file, for its message. */
  readonly whenAbsent?: string;
  /** What becomes of lines with more or fewer fields than the header: they end the reading, unless they are let in. */
  readonly brokenLines?: "handed on";
}

/**
 * Reads a table as a stream: fields parted by commas, semicolons, tabs or bars, optionally in double quotes, a row a line;
 * or ARFF. UTF-8 or UTF-16, plain or packed with gzip whatever its name; blank lines may follow the last row. What is not
 * plain CSV in it is told in {@link Header.form}.
 *
 * @throws DomainError `invalid_argument` with the file's name, line and column and what to do: no text, or text of
 *   another form; a header that is not as wanted; a line with more or fewer fields; a file that cannot be read or unpacked
 */
export async function* readCsv(
  path: string,
  wanted: Wanted,
  { onBytes, whenAbsent, brokenLines }: ReadCsvOptions = {},
): AsyncGenerator<Rows> {
  const file = basename(path);
  const lines = new Lines(file, wanted, brokenLines === "handed on");
  try {
    const packed = isGzip(await firstBytes(path));
    const source = pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }),
      telling(onBytes),
      packed ? createGunzip({ chunkSize: 1 << 18 }) : new PassThrough({ highWaterMark: 1 << 20 }),
      // What went wrong is thrown by reading the last of them.
      () => {},
    );
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const rows = lines.add(chunk);
      if (rows) yield rows;
    }
    const rows = lines.end();
    if (rows) yield rows;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const absent = codeOf(error) === "ENOENT";
    const why = absent
      ? `there is no such file at ${path}${whenAbsent ? ` (${whenAbsent})` : ""}`
      : messageOf(error);
    throw new DomainError("invalid_argument", `${file}: cannot be read: ${why}`, { cause: error });
  }
}

/** What is wrong in a file, and where: `creditcard.csv: line 3, column V5: …`. */
export function refusedAt(path: string, line: number, column: string | undefined, what: string): DomainError {
  const where = column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
  return new DomainError("invalid_argument", `${basename(path)}: ${where}: ${what}`);
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function telling(onBytes: ReadCsvOptions["onBytes"]): Transform {
  return new Transform({
    highWaterMark: 1 << 20,
    transform(chunk: Buffer, _encoding, done) {
      onBytes?.(chunk);
      done(null, chunk);
    },
  });
}

/** Makes rows of chunks. */
class Lines {
  readonly #file: string;
  readonly #wanted: Wanted;
  readonly #lenient: boolean;
  #header: Header | undefined;
  #begun = false;
  /** Of a text in UTF-16. */
  #decoder: TextDecoder | undefined;
  /** What parts the fields, where Excel has noted it. */
  #separator: string | undefined;
  #arff: ArffHead | undefined;
  /** The first of the comments just read: an ARFF file may begin with some. */
  #comment: { readonly line: number; readonly text: string } | undefined;
  #rest = "";
  #line = 0;
  #any = false;
  /** Number of the first of the blank lines just read: they may only stand at the end. */
  #blankSince: number | undefined;

  constructor(file: string, wanted: Wanted, lenient: boolean) {
    this.#file = file;
    this.#wanted = wanted;
    this.#lenient = lenient;
  }

  add(chunk: Buffer): Rows | undefined {
    if (!this.#begun) {
      this.#begun = true;
      const utf16 = utf16Of(chunk);
      if (utf16) this.#decoder = new TextDecoder(utf16);
      const foreign = utf16 ? undefined : foreignKind(chunk);
      if (foreign !== undefined) this.#fail(`line 1, column 1: ${foreign}`);
    }
    const text = this.#decoder ? Buffer.from(this.#decoder.decode(chunk, { stream: true })) : chunk;
    const lines = (this.#rest + text.toString("latin1")).split("\n");
    this.#rest = lines.pop()!;
    if (this.#rest.length > LONGEST_LINE) {
      this.#fail(
        `line ${this.#line + lines.length + 1} is longer than ${LONGEST_LINE} characters: is it CSV?`,
      );
    }
    return this.#rows(lines);
  }

  end(): Rows | undefined {
    const last = this.#rest === "" ? undefined : this.#rows([this.#rest]);
    if (this.#comment) this.#failAtComment(this.#comment);
    if (!this.#header) this.#fail(this.#arff ? "the ARFF file has no @DATA" : "the file is empty");
    if (!this.#any) this.#fail("the file has a header but no rows");
    return last;
  }

  #rows(lines: readonly string[]): Rows | undefined {
    const rows: string[][] = [];
    const broken = new Map<number, string>();
    let firstLine = 0;
    for (const line of lines) {
      const fields = this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (!fields) continue;
      if (rows.length === 0) firstLine = this.#line;
      if (typeof fields === "string") broken.set(rows.length, fields);
      rows.push(typeof fields === "string" ? [line] : fields);
    }
    if (rows.length === 0) return undefined;
    this.#any = true;
    return { header: this.#header!, firstLine, rows, broken };
  }

  /** @returns the fields, or what is wrong with them */
  #take(line: string): string[] | string | undefined {
    this.#line++;
    if (!this.#header) {
      this.#takeHead(line);
      return undefined;
    }
    if (this.#arff && line.startsWith("%")) return undefined;
    if (this.#arff && line.startsWith("{")) {
      this.#fail(`line ${this.#line}, column 1: a sparse row of ARFF: write the rows in full`);
    }
    if (isBlank(line, this.#header.separator)) {
      this.#blankSince ??= this.#line;
      return undefined;
    }
    if (this.#blankSince !== undefined) this.#fail(`line ${this.#blankSince} is empty`);
    const fields = this.#arff ? this.#arff.fields(line) : splitFields(line, this.#header.separator);
    const wanted = this.#header.names.length;
    if (fields?.length === wanted) return fields;
    const [where, what] = brokenLine(line, fields, wanted);
    return this.#lenient ? what : this.#fail(`line ${this.#line}${where}${what}`);
  }

  /** What stands before the rows: the header, Excel's note of a separator, the head of an ARFF file. */
  #takeHead(line: string): void {
    const text = this.#line === 1 ? line.replace(/^\u00ef\u00bb\u00bf/, "") : line;
    if (this.#arff || ArffHead.begins(text)) {
      this.#comment = undefined;
      this.#arff ??= new ArffHead();
      const end = this.#arff.add(text);
      if (typeof end === "string") this.#fail(`line ${this.#line}, column 1: ${end}`);
      if (end) this.#begin(headerOf(this.#arff.names, this.#wanted, this.#line), "ARFF");
      return;
    }
    if (text.startsWith("%")) {
      this.#comment ??= { line: this.#line, text };
      return;
    }
    if (this.#comment && isBlank(text)) return;
    if (this.#comment) this.#failAtComment(this.#comment);
    const noted = this.#line === 1 ? /^sep=(.)$/i.exec(text)?.[1] : undefined;
    if (noted !== undefined && SEPARATORS.has(noted)) this.#separator = noted;
    else this.#begin(readHeader(line, this.#wanted, this.#line, this.#separator));
  }

  #begin(header: Header | string, ...form: readonly string[]): void {
    if (typeof header === "string") this.#fail(header);
    const encoding = this.#decoder ? ["UTF-16"] : [];
    this.#header = { ...header, form: [...encoding, ...form, ...header.form] };
  }

  #failAtComment({ line, text }: { readonly line: number; readonly text: string }): never {
    this.#fail(`line ${line}, column 1: a comment, ${quoted(text)}: leave the line out`);
  }

  #fail(what: string): never {
    throw new DomainError("invalid_argument", `${this.#file}: ${what}`);
  }
}

/** What is wrong with a line that has not as many fields as the header; before it, how that is told from the line's number. */
function brokenLine(
  line: string,
  fields: readonly string[] | undefined,
  wanted: number,
): readonly [string, string] {
  const foreign = foreignLine(line);
  if (foreign !== undefined) return [", column 1: ", foreign];
  if (!fields) return [": ", "a double quote does not close"];
  const whole = fields.filter((field) => /^[+-]?\d*$/.test(field.trim())).length;
  let hint = "";
  if (fields.length > wanted) {
    hint =
      whole > fields.length / 2
        ? ": are decimals written with a comma? Write them with a point, or part the fields with semicolons"
        : ": is there a comma inside a field, or at the end of the line?";
  } else if (fields.length === 1 && /[,;\t|]/.test(line)) hint = ": part them as the header is parted";
  return [" ", `has ${fields.length} fields, the header has ${wanted}${hint}`];
}
