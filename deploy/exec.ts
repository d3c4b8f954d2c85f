import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dataDir } from "../platform/process/config.ts";
import { clientEnv } from "./client-env.ts";
import { childEnv } from "./config.ts";
import { readRunning } from "./runner/running-file.ts";

/**
 * Runs a command with the addresses of the `npm start` that is running (REDIS_URL, DATABASE_URL, and what `psql` and
 * `redis-cli` read), e.g. `npm run exec -- psql` or `npm run sign-in-link`. Without a run, the environment is passed on as it is.
 */
const [file, ...args] = process.argv.slice(2);
if (!file) {
  process.stderr.write("usage: npm run exec -- COMMAND [ARGUMENT…]\n");
  process.exit(2);
}
const running = await readRunning(dataDir());
const child = spawn(file, args, {
  stdio: "inherit",
  env: childEnv({ ...clientEnv(running?.env ?? {}), ...running?.env }),
});
// Whoever stops this one means the command. (Ctrl-C in a terminal reaches it anyway; a second one harms nothing.)
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 127;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
});
