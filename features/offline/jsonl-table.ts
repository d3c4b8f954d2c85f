import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { PassThrough, pipeline } from "node:stream";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import { foreignKind, utf16Of } from "../../platform/process/csv/file-kind.ts";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Table, TableOptions, TableRows } from "./table.ts";
import { isNamed, type Named, valueAt } from "./value-at.ts";

/** Characters; what has a longer line is no file of payments, and is not gathered in memory to find out. */
const LONGEST_LINE = 1 << 20;

/**
 * A file with a JSON object a line (NDJSON), plain or gzip. A value inside an object goes by both names with a point
 * between: `entities.customer`.
 */
export function jsonlTable(path: string, packed: boolean, options: TableOptions = {}): Table {
  return {
    async columns() {
      for await (const { lines } of read(path, packed, { brokenLines: "handed on" })) {
        const first = lines.find((line): line is Named => !(line instanceof BrokenLine));
        if (first) return namesOf(first);
      }
      return [];
    },
    async *rows(columns): AsyncGenerator<TableRows> {
      const ways = columns.map((name) => [name, name.split(".")] as const);
      for await (const { firstLine, lines } of read(path, packed, options)) {
        yield {
          firstLine,
          rows: lines.map((line) =>
            line instanceof BrokenLine ? [] : ways.map(([name, way]) => valueAt(line, name, way)),
          ),
          broken: new Map(
            lines.flatMap((line, i): [number, string][] =>
              line instanceof BrokenLine ? [[i, line.what]] : [],
            ),
          ),
          asWritten: (row) => {
            const line = lines[row];
            return line instanceof BrokenLine ? line.text : JSON.stringify(line);
          },
        };
      }
    },
  };
}

/** A line that is no JSON object. */
class BrokenLine {
  readonly text: string;
  readonly what: string;

  constructor(text: string, what: string) {
    this.text = text;
    this.what = what;
  }
}

function namesOf(object: Named): string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isNamed(value) ? Object.keys(value).map((inner) => `${name}.${inner}`) : [name],
  );
}

async function* read(
  path: string,
  packed: boolean,
  { onBytes, brokenLines }: TableOptions,
): AsyncGenerator<{ readonly firstLine: number; readonly lines: readonly (Named | BrokenLine)[] }> {
  const file = basename(path);
  const wrong = (what: string) => new DomainError("invalid_argument", `${file}: ${what}`);
  let decoder: TextDecoder | undefined;
  const decode = (chunk: Buffer): string => {
    if (!decoder) {
      const utf16 = utf16Of(chunk);
      const foreign = utf16 ? undefined : foreignKind(chunk);
      if (foreign !== undefined) throw wrong(`line 1, column 1: ${foreign}`);
      decoder = new TextDecoder(utf16 ?? "utf-8");
    }
    return decoder.decode(chunk, { stream: true });
  };
  let rest = "";
  let line = 1;
  /** The first of the empty lines just read: they may only stand at the end. */
  let emptySince: number | undefined;
  const broken = (text: string, at: number, what: string): BrokenLine => {
    if (brokenLines === "handed on") return new BrokenLine(text, what);
    throw wrong(`line ${at}: ${what}`);
  };
  const parse = (texts: readonly string[]) => {
    const firstLine = line;
    const lines = texts.flatMap((text): (Named | BrokenLine)[] => {
      const at = line++;
      if (text.trim() === "") {
        emptySince ??= at;
        return [];
      }
      if (emptySince !== undefined) throw wrong(`line ${emptySince} is empty`);
      let object: unknown;
      try {
        object = JSON.parse(text);
      } catch (error) {
        return [broken(text, at, `is no JSON: ${messageOf(error).slice(0, 100)}`)];
      }
      return [isNamed(object) ? object : broken(text, at, "must be a JSON object")];
    });
    return { firstLine, lines };
  };
  try {
    const source = createReadStream(path, { highWaterMark: 1 << 20 });
    source.on("data", (chunk) => onBytes?.(chunk as Buffer));
    source.pause();
    const unpacked = pipeline(source, packed ? createGunzip() : new PassThrough(), () => {});
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      const lines = (rest + decode(chunk)).split("\n");
      rest = lines.pop() as string;
      if (rest.length > LONGEST_LINE)
        throw wrong(`line ${line + lines.length} is longer than ${LONGEST_LINE} characters`);
      if (lines.length > 0) yield parse(lines);
    }
    rest += decoder?.decode() ?? "";
    if (rest !== "") yield parse([rest]);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError("invalid_argument", `${file}: cannot be read (${codeOf(error)})`, { cause: error });
  }
}
