import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Wanted } from "./header.ts";
import { type Rows, readCsv } from "./read-csv.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "read-csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

const wanted: Wanted = {
  columns: [{ name: "A" }, { name: "B", elsewhere: new Set(["beta"]) }, { name: "C", optional: true }],
  others: "ignored",
};

async function* read(content: string | Buffer): AsyncGenerator<Rows> {
  const path = join(folder, "given.csv");
  await writeFile(path, content);
  yield* readCsv(path, wanted);
}

test("rows come in batches, each with the line it began on, packed or not", async () => {
  const count = 300_000;
  const text = `x,be-ta,a\n${Array.from({ length: count }, (_, i) => `"x,${i}",2,${i}`).join("\n")}`;
  for (const content of [text, gzipSync(text)]) {
    let line = 2;
    let batches = 0;
    for await (const { header, firstLine, rows } of read(content)) {
      expect(header.cells).toEqual([-1, 1, 0]);
      expect(firstLine).toBe(line);
      expect(rows[0]?.[2]).toBe(String(line - 2));
      line += rows.length;
      batches++;
    }
    expect(line).toBe(count + 2);
    expect(batches).toBeGreaterThan(2);
  }
});

test("a reader that stops early lets the file go", async () => {
  for await (const { rows } of read(`a,b\n${"1,2\n".repeat(600_000)}`)) {
    expect(rows.length).toBeGreaterThan(0);
    break;
  }
});

test.each([
  ["a,c\n1,2\n", "given.csv: line 1: column B missing"],
  ["a,b,beta\n1,2,3\n", "line 1: columns b and beta mean the same (columns 2 and 3): leave one out"],
  ["1,2\n1,2\n", "line 1, column 1: numbers stand where the header A,B is expected"],
  ["a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, the header has 2"],
  [`a,b\n1,${"2".repeat(4 << 20)}`, "line 2 is longer than 1048576 characters: is it CSV?"],
])("refuses what is wrong, and says where", async (content, message) => {
  const all = async (): Promise<void> => {
    for await (const _ of read(content));
  };
  await expect(all()).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(message),
  });
});
