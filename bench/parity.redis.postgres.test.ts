import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { projectRoot } from "../platform/process/config.ts";

/** The short form of `npm run parity`. */
test("features are the same offline and online after kills between the lines", async () => {
  const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "bench/parity.ts", "--rows", "3000", "--kills", "2"],
      { cwd: projectRoot, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, out: stdout + stderr }),
    );
  });
  expect(out).toMatch(/features of 3,000 rows after 2 kills: every one equal/);
  expect(code).toBe(0);
}, 900_000);
