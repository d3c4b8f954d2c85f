import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { projectRoot } from "../platform/process/config.ts";

/** The short form of `npm run chaos -- --cluster` and `--sentinel`: two fail-overs each. */
test.each(["--cluster --shards 3", "--sentinel"])(
  "%s: nothing acknowledged is lost or doubled when primaries of Redis are killed",
  async (kind) => {
    const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
      execFile(
        process.execPath,
        ["--import", "tsx", "bench/chaos.ts", ...kind.split(" "), "--seconds", "14", "--rate", "300"],
        { cwd: projectRoot, maxBuffer: 16 * 1024 * 1024 },
        (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code ?? 1) : 0, out: stdout + stderr }),
      );
    });
    expect(out).toMatch(/[12] fail-overs, nothing lost or doubled/);
    expect(code).toBe(0);
  },
  400_000,
);
