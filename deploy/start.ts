import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { newApiKey } from "../platform/credentials/api-key.ts";
import { prepareRedisServer, redisAnswers } from "../platform/embedded/redis-server.ts";
import { projectRoot, searchPath } from "../platform/process/config.ts";
import { configOrExit } from "../platform/process/env.ts";
import { messageOf } from "../platform/process/errors.ts";
import { freePort } from "../platform/process/free-port.ts";
import { makePrivate, writePrivately } from "../platform/process/private-folder.ts";
import {
  childEnv,
  loadStartConfig,
  OPS_OFFSET,
  type StartConfig,
  scorerAddress,
  USAGE,
  wantsHelp,
} from "./config.ts";
import { createLineFormatter } from "./runner/log-line.ts";
import { takenPorts } from "./runner/ports.ts";
import { type ProcfileEntry, parseProcfile } from "./runner/procfile.ts";
import { runOnce } from "./runner/run-once.ts";
import { readRunning, removeRunning, writeRunning } from "./runner/running-file.ts";
import { orphanGuard, type Supervised, supervise } from "./runner/supervisor.ts";

/** `npm start`: embedded services where none are given, then the Procfile, in the order that readiness asks for. */

/** A process that has not said it is ready by then is waited for no longer; it goes on starting. */
const READY_LIMIT_MS = 120_000;
/**
 * What has to be ready before a Procfile process is launched. One not named here (the scorer) waits for nothing;
 * what makes work comes last.
 */
const LAUNCH_AFTER: Readonly<Record<string, readonly string[]>> = {
  release: ["postgres"],
  worker: ["redis", "postgres", "release"],
  web: ["redis", "postgres", "release"],
  simulator: ["scorer", "worker"],
  doors: ["postgres", "release"],
};

/** The Procfile's entry that runs to its end before what needs it, as Heroku runs it. */
const RELEASE = "release";

/** What BullMQ puts before the names of queues when it is told nothing. */
const BULLMQ_PREFIX = "bull";

/**
 * The way down, one group after another: what makes work first, what keeps it last. Names that a Procfile adds come
 * before all of these.
 */
const STOP_ORDER: readonly (readonly string[])[] = [
  ["simulator", "web", "doors"],
  ["worker"],
  ["scorer"],
  ["redis", "postgres"],
];
/** What has not stopped by then is killed: within 20 s of a signal nothing runs or holds a port. */
const STOP_ALL_LIMIT_MS = 18_000;

/** Of the private servers' passwords. */
const PASSWORD_BYTES = 24;

/** A second signal within this time is the first one's echo. */
const SAME_SIGNAL_MS = 1_000;

// Output that cannot be written is no reason to stop deciding payments.
process.stdout.on("error", () => {});
const out = (line: string): void => void process.stdout.write(`${line}\n`);
const running: Supervised[] = [];
let stopping = false;
let stoppedAt = 0;

try {
  const args = process.argv.slice(2);
  writePrivately();
  if (wantsHelp(args)) out(USAGE);
  else await start(configOrExit(() => loadStartConfig(args)));
} catch (error) {
  if (!stopping) await giveUp(messageOf(error));
}

async function start(config: StartConfig): Promise<void> {
  const streams = config.NATS_URL !== undefined || config.KAFKA_BROKERS !== undefined;
  const entries = parseProcfile(await readFile(join(projectRoot, "Procfile"), "utf8")).filter(
    ({ name }) => name !== "doors" || streams,
  );
  await refuseWhenTaken(config);
  process.on("SIGINT", () => void stop("Ctrl-C", config));
  process.on("SIGTERM", () => void stop("SIGTERM", config));
  process.on("SIGHUP", () => void stop("terminal closed", config));

  const open = await makePrivate(config.DATA_DIR);
  if (open > 0)
    out(`${open} files and folders in ${config.DATA_DIR} were open to other users, and are closed now`);
  const env = await decideEnv(config);
  await writeRunning(config.DATA_DIR, env);
  const colour = process.stdout.isTTY && config.NO_COLOR === undefined;
  const format = createLineFormatter(["redis", "postgres", ...entries.map((entry) => entry.name)], colour);
  const guard = await orphanGuard(searchPath());
  const launch = (
    name: string,
    command: string,
    extra: Partial<Parameters<typeof supervise>[0]> = {},
  ): Supervised => {
    const process_ = supervise({
      name,
      command,
      env: childEnv({ ...env, ...opsEnv(config, name) }),
      cwd: projectRoot,
      orphanGuard: guard,
      onLine: (line) => out(format(name, line)),
      onDeath: (message) => out(format(name, message)),
      onMisconfigured: (message) => void giveUp(message),
      ...extra,
    });
    running.push(process_);
    return process_;
  };

  const show = (name: string, line: string): void => out(format(name, line));
  const release = (command: string): Promise<void> =>
    runOnce({
      name: RELEASE,
      command,
      env: childEnv(env),
      cwd: projectRoot,
      orphanGuard: guard,
      onLine: (line) => show(RELEASE, line),
    });
  await launchAll(config, env, entries, { launch, release, show });
  if (!stopping) await printBanner(config, env);
}

async function refuseWhenTaken(config: StartConfig): Promise<void> {
  const other = await readRunning(config.DATA_DIR);
  if (other) {
    throw new Error(
      `PaySecure is already running with this data folder (process ${other.pid}). Stop it first, ` +
        "or set DATA_DIR to another folder (and PORT, SCORER_PORT to free ports).",
    );
  }
  const complaints = await takenPorts([
    { port: config.PORT, what: "web", variable: "PORT" },
    { port: config.SCORER_PORT, what: "scorer", variable: "SCORER_PORT" },
    ...Object.entries(OPS_OFFSET).flatMap(([name, offset]) =>
      config.OPS_PORT
        ? [{ port: config.OPS_PORT + offset, what: `${name}'s operations port`, variable: "OPS_PORT" }]
        : [],
    ),
  ]);
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
}

/**
 * The addresses that every process sees: given ones as they are, private services on free ports otherwise, behind passwords
 * that nobody knows from one start to the next: a port of loopback is open to every user of the machine.
 */
async function decideEnv(config: StartConfig): Promise<Record<string, string>> {
  return {
    DATA_DIR: config.DATA_DIR,
    PORT: String(config.PORT),
    SCORER_PORT: String(config.SCORER_PORT),
    SCORER_ADDRESS: scorerAddress(config),
    ...(config.DEMO === undefined ? {} : { DEMO: config.DEMO }),
    ...houseKey(config),
    // On a Redis of our own there are no neighbours: BullMQ's own prefix keeps producers of other languages simple.
    ...(config.REDIS_PREFIX !== undefined || config.REDIS_URL === undefined
      ? { REDIS_PREFIX: config.REDIS_PREFIX ?? BULLMQ_PREFIX }
      : {}),
    REDIS_URL: config.REDIS_URL ?? `redis://:${newPassword()}@127.0.0.1:${await freePort()}`,
    DATABASE_URL:
      config.DATABASE_URL ?? `postgres://postgres:${newPassword()}@127.0.0.1:${await freePort()}/postgres`,
  };
}

function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString("base64url");
}

/** The operations port of one process, where there is to be one. */
function opsEnv({ OPS_PORT: first }: StartConfig, name: string): Readonly<Record<string, string>> {
  const offset = OPS_OFFSET[name];
  if (first === undefined || offset === undefined) return {};
  return { OPS_PORT: String(first === 0 ? 0 : first + offset) };
}

/** What web and worker show to our own scorer where it asks for keys: new at each start, like the passwords. */
function houseKey({ SCORER_ADDRESS, SCORER_API_KEY }: StartConfig): Record<string, string> {
  if (SCORER_ADDRESS !== undefined || SCORER_API_KEY !== undefined) return {};
  const { key, sha256 } = newApiKey();
  return { SCORER_API_KEY: key, SCORER_HOUSE_KEY_SHA256: sha256 };
}

interface Launching {
  readonly launch: Launch;
  readonly release: (command: string) => Promise<void>;
  readonly show: (name: string, line: string) => void;
}

type Launch = (name: string, command: string, extra?: Partial<Parameters<typeof supervise>[0]>) => Supervised;

/** Everything at once, each waiting for what it needs: the start takes as long as its longest chain, not their sum. */
async function launchAll(
  config: StartConfig,
  env: Readonly<Record<string, string>>,
  entries: readonly ProcfileEntry[],
  { launch, release, show }: Launching,
): Promise<void> {
  const steps = new Map<string, () => Promise<Supervised | undefined> | Supervised>();
  if (config.DATABASE_URL === undefined) {
    const { port, password } = new URL(env["DATABASE_URL"] ?? "");
    steps.set("postgres", () =>
      launch("postgres", "node --import tsx deploy/embedded/postgres.ts", {
        env: childEnv({ ...env, EMBEDDED_POSTGRES_PORT: port, EMBEDDED_POSTGRES_PASSWORD: password }),
      }),
    );
  }
  if (config.REDIS_URL === undefined) steps.set("redis", () => launchRedis(config, env, launch, show));
  for (const { name, command } of entries) {
    steps.set(
      name,
      name === RELEASE ? () => release(command).then(() => undefined) : () => launch(name, command),
    );
  }

  const readyOf = new Map<string, Promise<void>>();
  const bring = (name: string): Promise<void> => {
    const step = steps.get(name);
    if (!step) return Promise.resolve();
    const known = readyOf.get(name);
    if (known !== undefined) return known;
    const bringing = Promise.all((LAUNCH_AFTER[name] ?? []).map(bring)).then(async () => {
      const launched = stopping ? undefined : await step();
      if (launched) await readyOrLate(launched);
    });
    readyOf.set(name, bringing);
    return bringing;
  };
  await Promise.all([...steps.keys()].map(bring));
}

async function launchRedis(
  config: StartConfig,
  env: Readonly<Record<string, string>>,
  launch: Launch,
  show: (name: string, line: string) => void,
): Promise<Supervised> {
  const { port: portText, password } = new URL(env["REDIS_URL"] ?? "");
  const port = Number(portText);
  const redis = await prepareRedisServer({
    port,
    password,
    folder: join(config.DATA_DIR, "redis"),
    say: (line) => show("redis", line),
  });
  // Redis greets at length; what it said is of interest when it dies.
  let said: string[] = [];
  return launch("redis", `"${redis.file}" "${redis.config}"`, {
    env: childEnv(redis.env),
    answers: () => redisAnswers(port, password),
    onLine: (line) => {
      said = [...said.slice(-9), line];
    },
    onDeath: (message) => {
      for (const line of said) show("redis", line);
      show("redis", message);
      said = [];
    },
  });
}

async function readyOrLate(process_: Supervised): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    limit = setTimeout(() => {
      out(`${process_.name} is not ready after ${READY_LIMIT_MS / 1000} s; going on without waiting for it`);
      resolve();
    }, READY_LIMIT_MS);
  });
  await Promise.race([process_.ready, late]);
  clearTimeout(limit);
}

async function printBanner(config: StartConfig, env: Readonly<Record<string, string>>): Promise<void> {
  let link: string;
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "web/sign-in-link.ts", "--first"],
      {
        cwd: projectRoot,
        env: childEnv(env),
      },
    );
    link = stdout.trim().split("\n").at(-1) ?? "";
  } catch (error) {
    link = `none could be made (${messageOf(error).split("\n")[0]}): try npm run sign-in-link`;
  }
  const scheme = config.TLS_CERT === undefined ? "http" : "https";
  const address = config.PUBLIC_URL ?? `${scheme}://localhost:${config.PORT}`;
  const shown = relative(process.cwd(), config.DATA_DIR);
  out(
    [
      "",
      "  PaySecure is running.",
      `    Console    ${address}`,
      `    Sign in    ${link}`,
      `    gRPC       localhost:${config.SCORER_PORT}  (paysecure.scoring.v1.ScoringService)`,
      `    Data       ${shown.startsWith("..") ? config.DATA_DIR : shown || "."}`,
      // Once the first admin has a password, people come in by theirs.
      link.endsWith("/sign-in")
        ? "    Sign in with your password; for a one-time link instead: npm run sign-in-link. Stop: Ctrl-C."
        : "    The link works once, and makes the first admin's account. Another: npm run sign-in-link. Stop: Ctrl-C.",
      "",
    ].join("\n"),
  );
}

async function stop(why: string, config: StartConfig): Promise<void> {
  if (stopping) {
    // npm and shells pass one Ctrl-C on several times.
    if (Date.now() - stoppedAt < SAME_SIGNAL_MS) return;
    for (const process_ of running) process_.kill();
    process.exit(1);
  }
  stopping = true;
  stoppedAt = Date.now();
  out(`\n${why}: stopping (again to stop at once)`);
  await stopAll();
  await removeRunning(config.DATA_DIR);
  out("stopped");
  process.exit(0);
}

async function giveUp(message: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  process.stderr.write(`\n${message}\n`);
  await stopAll();
  process.exit(1);
}

async function stopAll(): Promise<void> {
  const limit = setTimeout(() => {
    for (const process_ of running) process_.kill();
  }, STOP_ALL_LIMIT_MS);
  const ordered = STOP_ORDER.flat();
  const groups = [running.filter(({ name }) => !ordered.includes(name))];
  for (const names of STOP_ORDER) groups.push(running.filter(({ name }) => names.includes(name)));
  for (const group of groups) await Promise.all(group.map((process_) => process_.stop()));
  clearTimeout(limit);
}
