import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { freePort } from "../../../platform/process/free-port.ts";

/** A real nats-server with JetStream, on loopback, its folder gone with it. */
export interface TestNats {
  readonly url: string;
  connect(): Promise<NatsConnection>;
  /** SIGKILL; the folder stays. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestNatsOptions {
  readonly user?: string;
  readonly password?: string;
}

/** @throws when nats-server (a package of Debian's) is not installed */
export async function startTestNats({ user, password }: TestNatsOptions = {}): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), "paysecure-nats-"));
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const login = user === undefined ? [] : ["--user", user, "--pass", password ?? ""];
  let child: ChildProcess | undefined;
  const open = () =>
    connect({
      servers: url,
      ...(user === undefined ? {} : { user, pass: password ?? "" }),
      maxReconnectAttempts: -1,
    });
  const start = async (): Promise<void> => {
    child = spawn("nats-server", ["-js", "-sd", folder, "-a", "127.0.0.1", "-p", String(port), ...login], {
      stdio: "ignore",
    });
    const failed = once(child, "error").then(([error]) => Promise.reject(error as Error));
    const answers = async (): Promise<void> => {
      for (;;) {
        const connection = await open().catch(() => undefined);
        if (connection) return await connection.close();
        await sleep(50);
      }
    };
    await Promise.race([failed, answers()]);
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  await start();
  return {
    url,
    connect: open,
    kill,
    start,
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
