import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { PassThrough, pipeline } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Table, TableRows } from "./table.ts";
import { isNamed, type Named, valueAt } from "./value-at.ts";

/** Characters; what has a longer line is no file of payments, and is not gathered in memory to find out. */
const LONGEST_LINE = 1 << 20;

/**
 * A file with a JSON object a line (NDJSON), plain or gzip. A value inside an object goes by both names with a point
 * between: `entities.customer`.
 */
export function jsonlTable(path: string, packed: boolean, onBytes?: (bytes: Uint8Array) => void): Table {
  return {
    async columns() {
      for await (const { objects } of read(path, packed))
        return objects.length > 0 ? namesOf(objects[0]!) : [];
      return [];
    },
    async *rows(columns): AsyncGenerator<TableRows> {
      const ways = columns.map((name) => [name, name.split(".")] as const);
      for await (const { firstLine, objects } of read(path, packed, onBytes)) {
        yield {
          firstLine,
          rows: objects.map((object) => ways.map(([name, way]) => valueAt(object, name, way))),
        };
      }
    },
  };
}

function namesOf(object: Named): string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isNamed(value) ? Object.keys(value).map((inner) => `${name}.${inner}`) : [name],
  );
}

async function* read(
  path: string,
  packed: boolean,
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<{ readonly firstLine: number; readonly objects: readonly Named[] }> {
  const file = basename(path);
  const wrong = (what: string) => new DomainError("invalid_argument", `${file}: ${what}`);
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let line = 1;
  /** The first of the empty lines just read: they may only stand at the end. */
  let emptySince: number | undefined;
  const parse = (lines: readonly string[]) => {
    const firstLine = line;
    const objects = lines.flatMap((text): Named[] => {
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
        throw wrong(`line ${at}: is no JSON: ${messageOf(error).slice(0, 100)}`);
      }
      if (!isNamed(object)) throw wrong(`line ${at}: must be a JSON object`);
      return [object];
    });
    return { firstLine, objects };
  };
  try {
    const source = createReadStream(path, { highWaterMark: 1 << 20 });
    source.on("data", (chunk) => onBytes?.(chunk as Buffer));
    source.pause();
    const unpacked = pipeline(source, packed ? createGunzip() : new PassThrough(), () => {});
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.write(chunk)).split("\n");
      rest = lines.pop() as string;
      if (rest.length > LONGEST_LINE)
        throw wrong(`line ${line + lines.length} is longer than ${LONGEST_LINE} characters`);
      if (lines.length > 0) yield parse(lines);
    }
    rest += decoder.end();
    if (rest !== "") yield parse([rest]);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError("invalid_argument", `${file}: cannot be read (${codeOf(error)})`, { cause: error });
  }
}
