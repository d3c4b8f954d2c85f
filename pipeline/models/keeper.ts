import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Queue, Worker } from "bullmq";
import type { Kysely } from "kysely";
import { z } from "zod";
import { SYSTEM } from "../../domain/actors.ts";
import { MODEL_CARE_QUEUE } from "../../domain/jobs.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import { ReplicatedQueue } from "../../platform/process/replicated-queue.ts";
import type { Database } from "../store/schema.ts";
import { keepKnownModels } from "./known.ts";
import { knownModels, servingSignature } from "./known-now.ts";
import { askOfModels, openRequests } from "./requests.ts";

export interface KeeperOptions {
  readonly db: Kysely<Database>;
  /** Connections to consume with, and to add jobs with. */
  readonly consuming: RedisConnection;
  readonly producing: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
  /** The registry's folder, on this machine. */
  readonly registry: string;
  /** When to train, as cron in UTC; never when left out. */
  readonly retrainAt?: string | undefined;
  /** What training looks back on, days, and whose labels count. */
  readonly retrainDays: number;
  readonly retrainLabels?: string | undefined;
}

/** A job: a request by number, or a clock that asks for something. */
const jobSchema = z.union([
  z.object({ requestId: z.number().int().positive() }),
  z.object({ act: z.enum(["retrain", "compare"]) }),
]);

/** A roll-back does not wait for a training: of each kind one is under way at a time. */
const AT_ONCE = 4;
const COMPARE_EVERY_MS = 3_600_000;
/** A child that dies with its machine: its job is another worker's after so long. */
const LOCK_MS = 60_000;
const SIGNS_AGAIN_MS = 60_000;
const TOLD = 2_000;

/** Training and comparing take a core for minutes: a process of their own, so that jobs of payments are not held up. */
const SOURCE = import.meta.url.endsWith(".ts");
const SCRIPT = fileURLToPath(new URL(`../../models/loop/cli.${SOURCE ? "ts" : "js"}`, import.meta.url));

/** Looks after models where the registry is. */
export interface ModelKeeper {
  /** To be done again and again: what was asked is handed to the queue, what the registry says is written down. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Has done what people and the clock ask of models. A request is a job: of several workers one does it, and another when
 * that one dies. A clock's job asks as a person does, so that it is in the audit log and one training runs at a time.
 */
export function startModelKeeper(options: KeeperOptions): ModelKeeper {
  const { db, consuming, producing, prefix, logger, registry, retrainAt } = options;
  const queue = new ReplicatedQueue(MODEL_CARE_QUEUE, producing, {
    prefix,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on("error", () => {});
  const stopping = new AbortController();
  const worker = new Worker(
    MODEL_CARE_QUEUE,
    async ({ data }) => {
      const job = jobSchema.parse(data);
      if ("requestId" in job) await carryOut(options, job.requestId, stopping.signal);
      else await askByClock(db, job.act);
    },
    {
      connection: consuming,
      prefix,
      concurrency: AT_ONCE,
      lockDuration: LOCK_MS,
      maxStalledCount: 2,
      skipVersionCheck: true,
    },
  );
  worker.on("error", () => {});
  worker.on("failed", (_, error) =>
    logger.warn({ queue: MODEL_CARE_QUEUE, err: error.message }, "job failed"),
  );

  let [clocksSet, signature, seenAt] = [false, "", 0];
  return {
    async look() {
      if (!clocksSet) await setClocks(queue, retrainAt);
      clocksSet = true;
      // There already while it is under way: then nothing is added.
      for (const requestId of await openRequests(db))
        await queue.add(MODEL_CARE_QUEUE, { requestId }, { jobId: `request-${requestId}` });
      const now = await servingSignature(registry);
      if (now === signature && performance.now() - seenAt < SIGNS_AGAIN_MS) return;
      await keepKnownModels(db, await knownModels(registry));
      [signature, seenAt] = [now, performance.now()];
    },
    async stop() {
      stopping.abort();
      await worker.close();
      await queue.close();
    },
  };
}

/** Comparing by the hour; training when the operator says, and no more when the operator stopped saying. */
async function setClocks(queue: Queue, retrainAt: string | undefined): Promise<void> {
  await queue.upsertJobScheduler("compare", { every: COMPARE_EVERY_MS }, { data: { act: "compare" } });
  if (retrainAt === undefined) await queue.removeJobScheduler("retrain");
  else
    await queue.upsertJobScheduler(
      "retrain",
      { pattern: retrainAt, tz: "UTC" },
      { data: { act: "retrain" } },
    );
}

async function askByClock(db: Kysely<Database>, act: "retrain" | "compare"): Promise<void> {
  try {
    if (act === "compare" && !(await hasOthers(db))) return;
    await askOfModels(db, SYSTEM, { act, reason: "the clock" });
  } catch (error) {
    // Somebody asked just now: that one does.
    if (!(error instanceof DomainError && error.code === "conflict")) throw error;
  }
}

/** Whether anybody scores beside the champion. */
async function hasOthers(db: Kysely<Database>): Promise<boolean> {
  const row = await db.selectFrom("known_models").select("models").executeTakeFirst();
  return row !== undefined && (row.models.challenger !== null || row.models.shadows.length > 0);
}

async function carryOut(
  { registry, logger, retrainDays, retrainLabels }: KeeperOptions,
  requestId: number,
  stopping: AbortSignal,
): Promise<void> {
  const labels = retrainLabels === undefined ? [] : ["--labels", retrainLabels];
  const args = [
    "--request",
    String(requestId),
    "--registry",
    registry,
    "--days",
    String(retrainDays),
    ...labels,
  ];
  const child = spawn(process.execPath, [...(SOURCE ? ["--import", "tsx"] : []), SCRIPT, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    signal: stopping,
    killSignal: "SIGKILL",
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      said = (said + data.toString()).slice(-TOLD);
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  }).catch((error: unknown) => {
    throw new Error(`request ${requestId}: ${messageOf(error)}`);
  });
  if (code !== 0) throw new Error(`request ${requestId} ended with ${code}: ${said.trim()}`);
  logger.info({ requestId, said: said.trim() }, "models: done");
}
