import { resolve } from "node:path";
import { configOrExit } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { keepLastBackup } from "../../platform/process/last-backup.ts";
import { writePrivately } from "../../platform/process/private-folder.ts";
import { loadStartConfig } from "../config.ts";
import { readRunning } from "../runner/running-file.ts";
import { makeBackup } from "./make-backup.ts";
import { told } from "./state.ts";

/**
 * `npm run backup -- FOLDER`: the data folder of an `npm start`, running or stopped, as of one moment. Servers of your own
 * have tools of their own (docs/operate/backup.md).
 */
const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || folder.startsWith("-") || more.length > 0) {
  process.stderr.write("usage: npm run backup -- FOLDER (one that is not there yet)\n");
  process.exit(2);
}
const config = configOrExit(() => loadStartConfig([]));
writePrivately();
try {
  if (config.DATABASE_URL !== undefined || config.REDIS_URL !== undefined)
    throw new Error(
      "DATABASE_URL or REDIS_URL names a server of your own, which is backed up by its own tools: docs/operate/backup.md",
    );
  const { manifest, waitedMs } = await makeBackup(
    config.DATA_DIR,
    await readRunning(config.DATA_DIR),
    resolve(folder),
  );
  // What /status says; the backup is one without it.
  await keepLastBackup(config.DATA_DIR, manifest.moment).catch((error: unknown) =>
    process.stderr.write(`${messageOf(error)}: the page Status will not know of this backup\n`),
  );
  const files = Object.keys(manifest.files).length;
  process.stdout.write(
    `${folder}: ${files} files as of ${manifest.moment}${waitedMs > 0 ? `, for which writing waited ${waitedMs} ms` : ""}\n` +
      `${manifest.state === undefined ? "no tables yet" : told(manifest.state)}\n` +
      "It holds secrets (DATA_DIR/security): keep it as you keep those.\n",
  );
} catch (error) {
  process.stderr.write(`not backed up: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
