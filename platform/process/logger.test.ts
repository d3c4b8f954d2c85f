import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { projectRoot } from "./config.ts";

test("a log that cannot be written ends no process", () => {
  const script = `
    import { createLogger } from "./platform/process/logger.ts";
    const logger = createLogger("test", "info");
    for (let i = 0; i < 20_000; i++) logger.info({ i }, "a line of some length, so that more waits than may");
    setTimeout(() => process.exit(7), 50);`;
  const full = openSync("/dev/full", "w");
  const done = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    cwd: projectRoot,
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  expect({ status: done.status, stderr: done.stderr.toString() }).toEqual({ status: 7, stderr: "" });
});
