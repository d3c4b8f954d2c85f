import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultData } from "./default-data.ts";

test("the sample is reported on, else the downloaded set; without both it is said how to come by one", async () => {
  const root = await mkdtemp(join(tmpdir(), "data-"));
  try {
    expect(() => defaultData(root, root)).toThrow("npm run data:download");
    await mkdir(join(root, ".data"));
    await writeFile(join(root, ".data/creditcard.csv"), "");
    expect(defaultData(root, root)).toBe(join(root, ".data/creditcard.csv"));
    await writeFile(join(root, "creditcard-sample.csv.gz"), "");
    expect(defaultData(root, root)).toBe(join(root, "creditcard-sample.csv.gz"));
  } finally {
    await rm(root, { recursive: true });
  }
});
