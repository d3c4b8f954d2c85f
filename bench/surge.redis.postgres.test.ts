import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { projectRoot } from "../platform/process/config.ts";

/** The short forms of `npm run surge`. */
test.each([
  [
    "more than the queue holds comes while the scorer is away, and all of it is decided once",
    "backlog",
    "2000",
  ],
  ["payments that come twenty times by eight producers are decided once", "duplicates", "500"],
])("%s", { timeout: 400_000 }, async (_, kind, transactions) => {
  const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "bench/surge.ts", kind, "--transactions", transactions],
      { cwd: projectRoot, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, out: stdout + stderr }),
    );
  });
  expect(out).toContain(`${kind}: everything holds`);
  expect(code).toBe(0);
});
