import { resolve } from "node:path";
import { configOrExit } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { writePrivately } from "../../platform/process/private-folder.ts";
import { loadStartConfig } from "../config.ts";
import { readRunning } from "../runner/running-file.ts";
import { restoreBackup } from "./restore-backup.ts";
import { told } from "./state.ts";

/**
 * `npm run restore -- FOLDER`: a backup of `npm run backup` into an empty DATA_DIR, compared with the moment that it is of.
 * Exits with 1 where anything is not as it was.
 */
const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || folder.startsWith("-") || more.length > 0) {
  process.stderr.write("usage: npm run restore -- FOLDER (of npm run backup), with an empty DATA_DIR\n");
  process.exit(2);
}
const { DATA_DIR: dataDir } = configOrExit(() => loadStartConfig([]));
writePrivately();
try {
  const running = await readRunning(dataDir);
  if (running) throw new Error(`PaySecure runs with ${dataDir} (process ${running.pid}): stop it first`);
  const { manifest, audited, faults } = await restoreBackup(resolve(folder), dataDir);
  process.stdout.write(`${dataDir} is as of ${manifest.moment}\n`);
  if (manifest.state !== undefined) process.stdout.write(`${told(manifest.state)}\n`);
  if (faults.length === 0)
    process.stdout.write(
      `counters and cases are equal, ${audited} audit entries fit, Redis reads its file\n`,
    );
  else {
    process.stderr.write(`not as it was:\n${faults.map((line) => `  ${line}`).join("\n")}\n`);
    process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`not restored: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
