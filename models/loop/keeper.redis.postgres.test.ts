import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { afterAll, beforeAll, expect, test } from "vitest";
import { userActor } from "../../domain/actors.ts";
import { MODEL_CARE_QUEUE } from "../../domain/jobs.ts";
import { type ModelKeeper, startModelKeeper } from "../../pipeline/models/keeper.ts";
import { readKnownModels } from "../../pipeline/models/known.ts";
import { askOfModels, lastRequests, readRequest } from "../../pipeline/models/requests.ts";
import { eventually } from "../../pipeline/testing/started-process.ts";
import { openTestStore, type TestStore } from "../../pipeline/testing/test-store.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { readServing } from "../../scorer/serving/state.ts";
import { registryRoot } from "../registry.ts";

const ANN = userActor(4, "Ann");
const logger = createLogger("test", "silent");

let store: TestStore;
let redis: TestRedis;
let folder: string;
let registry: string;
const connections: RedisConnection[] = [];
const connect = (use: "worker" | "producer"): RedisConnection => {
  const connection = connectRedis(redis.url, use, logger);
  connections.push(connection);
  return connection;
};
const keepers: ModelKeeper[] = [];
/** A keeper, looking as a worker has it look. */
function keeper(retrainAt?: string): ModelKeeper {
  const started = startModelKeeper({
    ...{ db: store.db, consuming: connect("worker"), producing: connect("producer"), prefix: "{care}" },
    ...{ logger, registry, retrainDays: 30, retrainAt },
  });
  keepers.push(started);
  return started;
}

beforeAll(async () => {
  [store, redis, folder] = await Promise.all([
    openTestStore(),
    startTestRedis(),
    mkdtemp(join(tmpdir(), "paysecure-keeper-")),
  ]);
  registry = join(folder, "registry");
  await cp(registryRoot, registry, { recursive: true });
  // The children that do the work read it as the worker does.
  Object.assign(process.env, { DATABASE_URL: store.url, DATA_DIR: folder });
});
afterAll(async () => {
  await Promise.all(keepers.map((one) => one.stop()));
  for (const connection of connections) connection.disconnect();
  await Promise.all([store?.close(), redis?.stop()]);
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("what was asked is done by one of two workers, in a process of its own, and said", async () => {
  const two = [keeper(), keeper()];
  await Promise.all(two.map((one) => one.look()));
  expect((await readKnownModels(store.db))?.models).toMatchObject({
    champion: "fraud-champion@5",
    shadows: [],
  });

  const asked = { act: "set_shadows", model: "fraud-champion@4", reason: "to see both" } as const;
  const requestId = await askOfModels(store.db, ANN, asked);
  await eventually(async () => {
    await Promise.all(two.map((one) => one.look()));
    return (await readRequest(store.db, requestId))?.state === "done";
  });
  expect((await readRequest(store.db, requestId))?.answer).toBe("shadows are now fraud-champion@4");
  expect((await readServing(registry)).shadows).toEqual(["fraud-champion@4"]);
  expect((await readKnownModels(store.db))?.models.shadows).toEqual(["fraud-champion@4"]);
  const { rows } = { rows: await store.db.selectFrom("model_requests").select("attempts").execute() };
  expect(rows).toEqual([{ attempts: 1 }]);
}, 60_000);

test("a process that is killed on its way is begun once more, and what cannot be learned is refused with words", async () => {
  const one = keepers[0]!;
  const requestId = await askOfModels(store.db, ANN, { act: "retrain", reason: "kill me" });
  const state = async () => (await readRequest(store.db, requestId))?.state;
  await eventually(async () => {
    await one.look();
    return (await state()) === "running";
  });
  execFileSync("pkill", ["-9", "-f", `cli.ts --request ${requestId} --registry ${registry}`]);
  await eventually(async () => {
    await one.look();
    return (await state()) !== "running";
  });
  expect(await readRequest(store.db, requestId)).toMatchObject({
    state: "refused",
    answer: expect.stringContaining("no payment of the last 30 days has a label"),
  });
}, 60_000);

test("the clock trains when the operator says, and no more when that is taken back", async () => {
  const queue = new Queue(MODEL_CARE_QUEUE, { connection: connect("producer"), prefix: "{care}" });
  const schedules = async () => (await queue.getJobSchedulers()).map(({ key }) => key).sort();
  await keeper("0 3 * * 1").look();
  expect(await schedules()).toEqual(["compare", "retrain"]);
  await keeper().look();
  expect(await schedules()).toEqual(["compare"]);
  await queue.add("now", { act: "retrain" });
  await eventually(async () => (await lastRequests(store.db, 1))[0]?.reason === "the clock");
  expect((await lastRequests(store.db, 1))[0]).toMatchObject({ act: "retrain", askedBy: { kind: "system" } });
  await queue.close();
}, 30_000);
