import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { dataDir, searchPath } from "../process/config.ts";
import { replaceFile } from "../process/replace-file.ts";
import { findOrInstall, type Program } from "./debian-package.ts";

/** A private redis-server: append-only file synced on every write, never evicting, on loopback. */
export interface RedisServerOptions {
  readonly port: number;
  /** What a connection has to show (base64url: it needs no quoting); none in tests, which are alone with theirs. */
  readonly password?: string;
  /** Where the append-only file is; made when missing. */
  readonly folder: string;
  readonly say?: (message: string) => void;
}

/** Finds redis-server, installing it on Debian and Ubuntu when it is missing. */
export async function ensureRedisServer(say: (message: string) => void = () => {}): Promise<Program> {
  return await findOrInstall({
    command: "redis-server",
    packages: ["redis-server"],
    folder: join(dataDir(), "packages"),
    path: searchPath(),
    say,
    instruction: "Install Redis 6.2 or later with your package manager, or set REDIS_URL to a running one.",
  });
}

/** What runs a private redis-server: the program, its configuration file (written here) and its environment. */
export interface PreparedRedis {
  readonly file: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Finds or installs redis-server and writes its configuration. */
export async function prepareRedisServer(options: RedisServerOptions): Promise<PreparedRedis> {
  const program = await ensureRedisServer(options.say);
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const config = join(options.folder, "redis.conf");
  await replaceFile(
    config,
    [
      `port ${options.port}`,
      "bind 127.0.0.1",
      "daemonize no",
      'save ""',
      "appendonly yes",
      "appendfsync always",
      "aof-load-truncated yes",
      "maxmemory-policy noeviction",
      `dir "${options.folder}"`,
      'logfile ""',
      "loglevel warning",
      // Here and not on the command line, which every user of the machine can read.
      ...(options.password === undefined ? [] : [`requirepass ${options.password}`]),
    ].join("\n"),
    "the configuration of Redis",
    0o600,
  );
  return { ...program, config };
}

/**
 * Starts redis-server and waits until it answers (it may have an append-only file to load first).
 *
 * @returns the child process; its death is the caller's to watch
 */
export async function startRedisServer(options: RedisServerOptions): Promise<ChildProcess> {
  const { file, config, env } = await prepareRedisServer(options);
  const child = spawn(file, [config], { stdio: ["ignore", "pipe", "pipe"], env: { ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output = (output + data.toString()).slice(-2_000);
    });
  }
  const died = once(child, "exit").then(([code]) => {
    throw new Error(`redis-server exited with ${code}: ${output.trim() || "no output"}`);
  });
  await Promise.race([redisAnswers(options.port, options.password), died]);
  died.catch(() => {});
  return child;
}

/** Resolves when a Redis on loopback answers a ping, however long it takes to load its file. */
export async function redisAnswers(port: number, password?: string): Promise<void> {
  const client = new Redis(port, "127.0.0.1", {
    ...(password === undefined ? {} : { password }),
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
  });
  client.on("error", () => {});
  try {
    await client.ping();
  } finally {
    client.disconnect();
  }
}
