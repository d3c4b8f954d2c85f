import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { enqueueTransactions, openReviewTimersQueue, openTransactionsQueue } from "../queues.ts";
import { startFakeScorer } from "../testing/fake-scorer.ts";
import { eventually, startProcess } from "../testing/started-process.ts";
import { openTestStore } from "../testing/test-store.ts";

const PREFIX = "{test}";

/** Debian's faketime, if it is there: the wall clock of one process is what a file says; intervals go on as they are. */
const library = ["x86_64", "aarch64"]
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime`)
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
  .find((file) => file.endsWith("libfaketime.so.1"));

test.skipIf(library === undefined)(
  "a worker whose clock is set back and ahead, in a Turkish locale, 45 minutes off a whole hour and with a proxy that leads nowhere, decides everything once and escalates nothing early",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "paysecure clock "));
    const [store, server, scorer] = await Promise.all([openTestStore(), startTestRedis(), startFakeScorer()]);
    const clock = join(folder, "clock");
    const stepTo = async (offset: string): Promise<void> => {
      await writeFile(`${clock}.new`, offset);
      await rename(`${clock}.new`, clock);
    };
    await stepTo("+0s");
    const redis = connectRedis(server.url, "producer", createLogger("test", "silent"));
    const queue = openTransactionsQueue(redis, PREFIX);
    const timers = openReviewTimersQueue(redis, PREFIX);
    const { HOME: _home, ...inherited } = {
      HOME: "",
      ...{ REDIS_URL: server.url, REDIS_PREFIX: PREFIX, DATABASE_URL: store.url, LOG_LEVEL: "debug" },
      ...{ SCORER_ADDRESS: scorer.address, DATA_DIR: folder, RECONCILE_SECONDS: "1" },
      ...{ LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Pacific/Chatham", TMPDIR: folder },
      ...{ http_proxy: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" },
      ...{
        HTTP_PROXY: "http://127.0.0.1:9",
        HTTPS_PROXY: "http://127.0.0.1:9",
        ALL_PROXY: "http://127.0.0.1:9",
      },
      ...{ PGTZ: "Asia/Kathmandu", PGOPTIONS: "-c datestyle=SQL,DMY -c intervalstyle=iso_8601" },
      ...{ LD_PRELOAD: library!, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: "1" },
      // As the machine's own: what is measured from a start does not step.
      ...{
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        REVIEW_SLA_HIGH_MINUTES: "60",
        REVIEW_SLA_CRITICAL_MINUTES: "60",
      },
    };
    const worker = await startProcess("pipeline/workers/main.ts", inherited);
    const hand = (id: string, probability: number) =>
      enqueueTransactions(queue, {
        ...{ chunkId: id, source: "api" },
        transactions: [{ transactionId: id, amount: 1, time: 0, v: [probability, ...Array(27).fill(0)] }],
      });
    const decided = (id: string) =>
      eventually(async () => {
        const found = await store.db
          .selectFrom("decisions")
          .select("seq")
          .where("transaction_id", "=", id)
          .execute();
        return found.length === 1;
      });
    try {
      await hand("before", 0.99);
      await decided("before");
      const due = async () => (await timers.getDelayed()).map(({ id }) => id);
      await eventually(async () => (await due()).length === 1);

      // What fails is put back until a time of day; two hours later by the clock that was right, were it not hurried.
      scorer.setBroken(true);
      await hand("back", 0.01);
      await eventually(async () => (await queue.getDelayedCount()) === 1);
      await stepTo("-2h");
      scorer.setBroken(false);
      await decided("back");

      // Two hours ahead, the timer of the first case fires: its hour has not passed, and it is set again.
      await stepTo("+2h");
      await hand("ahead", 0.01);
      await decided("ahead");
      const timer = async () => (await timers.getJob(`case-${(await openCase())?.caseId}`))?.timestamp ?? 0;
      const openCase = () =>
        store.db
          .selectFrom("review_cases")
          .select(["case_id as caseId", "escalated_at as escalatedAt"])
          .where("transaction_id", "=", "before")
          .executeTakeFirst();
      await eventually(async () => (await timer()) > Date.now() + 3_600_000);
      expect(await openCase()).toMatchObject({ escalatedAt: null });
      await stepTo("+0s");
      await hand("after", 0.01);
      await decided("after");
      await eventually(async () => (await due()).length === 1);
      expect(await openCase()).toMatchObject({ escalatedAt: null });
      const { n } = await store.db
        .selectFrom("decisions")
        .select((eb) => eb.fn.countAll<number>().as("n"))
        .executeTakeFirstOrThrow();
      expect(n).toBe(4);
      expect(await worker.stop()).toBe(0);
    } finally {
      await worker.kill();
      await Promise.all([queue.close(), timers.close()]);
      redis.disconnect();
      scorer.stop();
      await Promise.all([store.close(), server.stop()]);
      await rm(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
