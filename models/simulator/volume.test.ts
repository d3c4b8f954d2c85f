import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readVolume } from "./volume.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "volume-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Buffer) {
  const path = join(folder, "given.csv");
  await writeFile(path, content);
  return await readVolume(path);
}

test("counts each class by hour of the day, packed or not, whatever the spelling of labels and names", async () => {
  const rows = ["0,5,0", "3600.5,1,1", `${86_400 + 3_600},2,0`, `"10",3,'0'`, "7,1,False"];
  const text = `time,amount,class\n${rows.join("\n")}\n\n`;
  for (const content of [text, gzipSync(text), text.replaceAll("\n", "\r\n")]) {
    const { legitimate, fraud } = await read(content);
    expect(legitimate.slice(0, 3)).toEqual([3, 1, 0]);
    expect(fraud.slice(0, 3)).toEqual([0, 1, 0]);
  }
});

test.each([
  ["Time:Amount:Class\n", "line 1, column 5: colons part the fields"],
  ["Time,Class\n1,0\n", "line 1: column Amount missing"],
  ["Time,Amount,Class\n1,2\n", "line 2 has 2 fields, the header has 3"],
  ["Time,Amount,Class\n2013-09-01,2,0\n", 'line 2, column Time: "2013-09-01" is not a number: a date'],
  ["Time,Amount,Class\n-5,2,0\n", "line 2, column Time: -5 is below 0"],
  ["Time,Amount,Class\n\n5,2,0\n", "line 2 is empty"],
  ["Time,Amount,Class\n5,2,maybe\n", 'line 2, column Class: "maybe" is neither 0 nor 1'],
  ["PK\x03\x04rest", "line 1, column 1: a zip archive"],
])("refuses %j and says why", async (content, message) => {
  await expect(read(content)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(message),
  });
});
