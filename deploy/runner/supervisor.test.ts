import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { searchPath } from "../../platform/process/config.ts";
import { orphanGuard, type Supervised, supervise } from "./supervisor.ts";

let folder: string;
let started: Supervised[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-run-"));
});
afterEach(async () => {
  await Promise.all(started.map((process_) => process_.stop()));
  started = [];
  await rm(folder, { recursive: true, force: true });
});

async function run(command: string): Promise<{ process_: Supervised; lines: string[]; deaths: string[] }> {
  const lines: string[] = [];
  const deaths: string[] = [];
  const process_ = supervise({
    name: "probe",
    command,
    env: process.env,
    cwd: folder,
    orphanGuard: await orphanGuard(searchPath()),
    onLine: (line) => void lines.push(line),
    onDeath: (message) => void deaths.push(message),
  });
  started.push(process_);
  return { process_, lines, deaths };
}

test("a process that is killed is started again", async () => {
  const { process_, lines, deaths } = await run(`sh -c 'echo up; exec sleep 60'`);
  await vi.waitFor(() => expect(lines).toEqual(["up"]), 5_000);
  process.kill(process_.pid() ?? 0, "SIGKILL");
  await vi.waitFor(() => expect(lines).toEqual(["up", "up"]), 5_000);
  expect(deaths).toEqual(["probe was killed (SIGKILL); starting it again in 0.5 s"]);
});

test("a process whose configuration is wrong is not started again", async () => {
  const said: string[] = [];
  const deaths: string[] = [];
  const process_ = supervise({
    ...{ name: "probe", command: "sh -c 'exit 2'", env: process.env, cwd: folder, orphanGuard: [] },
    onLine: () => {},
    onDeath: (message) => void deaths.push(message),
    onMisconfigured: (message) => void said.push(message),
  });
  started.push(process_);
  await vi.waitFor(() => expect(said).toEqual(["probe does not start with this configuration"]), 5_000);
  expect([deaths, process_.pid()]).toEqual([[], undefined]);
});

test("a compound command runs whole", async () => {
  const { lines } = await run("echo one && echo two; sleep 60");
  await vi.waitFor(() => expect(lines).toEqual(["one", "two"]), 5_000);
});

test("readiness is the log line `ready`", async () => {
  const { process_ } = await run(`echo '{"level":30,"msg":"ready"}'; sleep 60`);
  await process_.ready;
});

test("stopping sends SIGTERM, waits for the drain, and does not start it again", async () => {
  const { process_, lines, deaths } = await run(
    `node -e 'process.on("SIGTERM", () => setTimeout(() => { require("fs").writeFileSync("drained", "yes"); process.exit(0); }, 200)); setInterval(() => {}, 1000); console.log("up")'`,
  );
  await vi.waitFor(() => expect(lines).toEqual(["up"]), 5_000);
  await process_.stop();
  expect(await readFile(join(folder, "drained"), "utf8")).toBe("yes");
  expect(deaths).toEqual([]);
  expect(process_.pid()).toBeUndefined();
});
