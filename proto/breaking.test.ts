import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../platform/process/config.ts";

const RELEASED = join(projectRoot, "proto/released/v0.1.0.binpb");
const CONTRACT = "paysecure/scoring/v1/scoring.proto";

/** What `buf breaking` says of a contract in which `from` is `to`. */
async function against(from: string, to: string): Promise<{ code: number; out: string }> {
  const folder = await mkdtemp(join(tmpdir(), "contract-"));
  try {
    await cp(join(projectRoot, "proto"), folder, { recursive: true });
    const path = join(folder, CONTRACT);
    const text = await readFile(path, "utf8");
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
    return await new Promise((resolve) => {
      execFile(
        join(projectRoot, "node_modules/.bin/buf"),
        ["breaking", folder, "--against", RELEASED],
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr }),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("the contract grows: a new field is no breach of the last release", async () => {
  expect(
    await against("  string channel = 16;", "  string channel = 16;\n  string device = 90;"),
  ).toMatchObject({
    code: 0,
  });
});

test.each([
  ["a field with another number", "  string channel = 16;", "  string channel = 91;"],
  ["a field that is gone", "  string channel = 16;\n", ""],
  ["a field of another type", "  string country = 15;", "  bytes country = 15;"],
  ["a tier with another number", "RISK_TIER_HIGH = 3", "RISK_TIER_HIGH = 9"],
])("the contract never breaks: %s is refused", async (_, from, to) => {
  const { code, out } = await against(from, to);
  expect(code).toBe(100);
  expect(out).toContain(CONTRACT);
});
