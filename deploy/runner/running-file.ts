import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../../platform/process/replace-file.ts";

/** What `npm start` leaves in the data folder while it runs, so that other commands find its services. */
export interface Running {
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
}

const fileIn = (dataDir: string): string => join(dataDir, "running.json");

/** The run that uses a data folder now, if its process is still alive. */
export async function readRunning(dataDir: string): Promise<Running | undefined> {
  try {
    const running = JSON.parse(await readFile(fileIn(dataDir), "utf8")) as Running;
    return (await isRunner(running.pid)) ? running : undefined;
  } catch {
    return undefined;
  }
}

/** Takes a data folder for this process. */
export async function writeRunning(dataDir: string, env: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const text = JSON.stringify({ pid: process.pid, env }, null, 2);
  await replaceFile(fileIn(dataDir), text, "running.json", 0o600);
}

/** Gives it back. */
export async function removeRunning(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

/** Alive, and still the program that wrote the file: process ids are used again, in containers at once. */
async function isRunner(pid: number): Promise<boolean> {
  if (pid === process.pid) return false;
  process.kill(pid, 0);
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  return command === undefined || command.includes("start.");
}
