import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../process/free-port.ts";
import { startRedisServer } from "../redis-server.ts";

/** A real redis-server of a test's own, with the settings that production has. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** SIGKILL, as a machine dies. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}: same port, same append-only file. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** @param under where its folder is */
export async function startTestRedis(under = tmpdir()): Promise<TestRedis> {
  const folder = await mkdtemp(join(under, "paysecure-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined = await startRedisServer({ port, folder });

  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, "exit");
    running.kill("SIGKILL");
    await exited;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start: async () => {
      child ??= await startRedisServer({ port, folder });
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
