import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createFixtureRegistry, type FixtureRegistry } from "./testing/onnx-fixture.ts";

let registry: FixtureRegistry;
let folder: string;
beforeAll(async () => {
  registry = await createFixtureRegistry();
  folder = await mkdtemp(join(tmpdir(), "paysecure-start-"));
});
afterAll(async () => {
  await registry.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a scorer of two processes; gives its exit code and what the first process says at the worst level. */
async function start(env: Readonly<Record<string, string>>): Promise<{ code: number; fatal: string[] }> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const scorer = spawn(process.execPath, ["--import", "tsx", main], {
    env: {
      ...process.env,
      SCORER_WORKERS: "2",
      SCORER_PORT: "0",
      MODEL_DIR: registry.root,
      LOG_LEVEL: "fatal",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(scorer.stdout), once(scorer, "exit")]);
  const fatal = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { level: number; pid: number; msg: string })
    .filter(({ level, pid }) => level === 60 && pid === scorer.pid)
    .map(({ msg }) => msg);
  return { code: code as number, fatal };
}

it("a scorer of several processes that cannot start ends with exit code 1 and says why in one sentence", async () => {
  const missing = join(folder, "missing");
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const troubles: readonly [Readonly<Record<string, string>>, RegExp][] = [
    [{ SCORER_API_KEYS_FILE: missing }, /^could not start: the API keys in .*missing cannot be used/],
    [{ MODEL_DIR: missing }, /^could not start: no champion can be loaded from .*missing/],
    [{ SCORER_PORT: String(port) }, /^could not start: cannot listen .*: the port is taken/],
  ];
  for (const [env, why] of troubles) {
    const { code, fatal } = await start(env);
    expect(code).toBe(1);
    expect(fatal).toEqual([expect.stringMatching(why)]);
  }
  taken.close();
}, 120_000);
