import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { projectRoot } from "../platform/process/config.ts";

/** The short form of `npm run chaos`: a fault of each of the first kinds, then some at named points. */
test("nothing is lost, doubled or orphaned while processes, Redis and PostgreSQL are killed", async () => {
  const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "bench/chaos.ts", "--kills", "14", "--seed", "3"],
      { cwd: projectRoot, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, out: stdout + stderr }),
    );
  });
  expect(out).toMatch(/14 faults, nothing lost, doubled or orphaned/);
  expect(code).toBe(0);
}, 900_000);
