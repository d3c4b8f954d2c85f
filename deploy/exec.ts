import { spawnSync } from "node:child_process";
import { dataDir } from "../platform/config.ts";
import { childEnv } from "./config.ts";
import { readRunning } from "./runner/running-file.ts";

/**
 * Runs a command with the addresses of the `npm start` that is running (REDIS_URL, DATABASE_URL, …), e.g.
 * `npm run exec -- psql` or `npm run sign-in-link`. Without a run, the environment is passed on as it is.
 */
const [file, ...args] = process.argv.slice(2);
if (!file) {
  process.stderr.write("usage: npm run exec -- COMMAND [ARGUMENT…]\n");
  process.exit(2);
}
const running = await readRunning(dataDir());
const done = spawnSync(file, args, { stdio: "inherit", env: childEnv({ ...running?.env }) });
if (done.error) process.stderr.write(`${done.error.message}\n`);
process.exit(done.status ?? 1);
