import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findDrift } from "../store/reconcile.ts";
import { type FakeScorer, startFakeScorer } from "../testing/fake-scorer.ts";
import { eventually, type StartedProcess, startProcess } from "../testing/started-process.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { startTestNats, type TestNats } from "./testing/nats-server.ts";

const LIMIT = { timeout: 240_000 };
let nats: TestNats;
let connection: NatsConnection;
let store: TestStore;
let scorer: FakeScorer;
beforeAll(async () => {
  [nats, store, scorer] = await Promise.all([
    startTestNats({ user: "door", password: "s3cret" }),
    openTestStore(),
    startFakeScorer(),
  ]);
  connection = await nats.connect();
});
afterAll(async () => {
  await connection?.close();
  scorer?.stop();
  await Promise.all([nats?.stop(), store?.close()]);
});

const startDoors = (stream: string, more: Record<string, string> = {}): Promise<StartedProcess> =>
  startProcess("pipeline/doors/main.ts", {
    DATABASE_URL: store.url,
    SCORER_ADDRESS: scorer.address,
    ...{ NATS_URL: nats.url, NATS_STREAM: stream, NATS_USER: "door", NATS_PASSWORD: "s3cret" },
    ...more,
  });

async function makeStream(name: string): Promise<void> {
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [`${name}.>`] });
}

const payment = (id: string, v1 = 0.05) => ({
  ...{ transaction_id: id, time: 1_000, amount: 10, currency: "EUR", card_token: "tok_x" },
  v: [v1, ...Array(27).fill(0)],
});

async function publish(stream: string, ...bodies: readonly (string | object)[]): Promise<void> {
  const js = jetstream(connection);
  for (let from = 0; from < bodies.length; from += 100)
    await Promise.all(
      bodies
        .slice(from, from + 100)
        .map((body) => js.publish(`${stream}.in`, typeof body === "string" ? body : JSON.stringify(body))),
    );
}

async function decided(prefix: string): Promise<number> {
  const { n } = await store.db
    .selectFrom("decisions")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("transaction_id", "like", `${prefix}%`)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Messages of the stream up to which all are acknowledged. */
async function acknowledged(stream: string): Promise<number> {
  const manager = await jetstreamManager(connection);
  const info = await manager.consumers.info(stream, "paysecure").catch(() => undefined);
  return info?.ack_floor.stream_seq ?? 0;
}

test(
  "one, lists and lines are decided; what is wrong is a dead letter with its reason and holds up nothing",
  LIMIT,
  async () => {
    await makeStream("FORMS");
    await publish(
      "FORMS",
      payment("form-1", 0.9),
      [payment("form-2"), { ...payment("form-bad"), amount: -1 }, payment("form-3")],
      { transactions: [payment("form-4")] },
      `${JSON.stringify(payment("form-5"))}\n{"broken\n${JSON.stringify(payment("form-6"))}\n`,
      "no json at all",
      payment("form-1", 0.9),
      { ...payment("form-2"), amount: 99 },
      { ...payment("form-pan"), card_token: "4111111111111111" },
    );
    const doors = await startDoors("FORMS");
    try {
      await eventually(async () => (await acknowledged("FORMS")) === 8);
    } finally {
      expect(await doors.stop()).toBe(0);
    }
    expect(await decided("form-")).toBe(6);
    const letters = await store.db
      .selectFrom("dead_letters")
      .selectAll()
      .orderBy("job_id")
      .orderBy("position")
      .execute();
    expect(
      letters.map(({ job_id, position, source, transaction_id, error_code }) => [
        ...[job_id, position, source, transaction_id, error_code],
      ]),
    ).toEqual([
      ["nats:FORMS:2", 1, "nats", "form-bad", "invalid_argument"],
      ["nats:FORMS:4", 1, "nats", null, "invalid_argument"],
      ["nats:FORMS:5", -1, "nats", null, "invalid_argument"],
      ["nats:FORMS:7", 0, "nats", "form-2", "conflict"],
      ["nats:FORMS:8", 0, "nats", "form-pan", "invalid_argument"],
    ]);
    expect(JSON.stringify(letters)).not.toContain("4111111111111111");
    expect(letters[0]?.error).toContain("amount");
    const [first] = await store.db
      .selectFrom("decisions")
      .selectAll()
      .where("transaction_id", "=", "form-1")
      .execute();
    expect(first).toMatchObject({ source: "nats", risk_tier: "critical" });
  },
);

test(
  "kill -9 of the door again and again: 5,000 payments are 5,000 decisions, none acknowledged without one",
  LIMIT,
  async () => {
    await makeStream("KILLS");
    // Two a message: a message is acknowledged when both are decided.
    await publish(
      "KILLS",
      ...Array.from({ length: 2_500 }, (_, i) => [payment(`kill-${2 * i}`), payment(`kill-${2 * i + 1}`)]),
    );
    const points = ["stream.recorded:2", "record.written:2", "record.committed:2", "job.scored:2"];
    for (const point of points) {
      const doors = await startDoors("KILLS", { FAIL_POINTS: point });
      await doors.ended;
      const before = await acknowledged("KILLS");
      expect(await decided("kill-"), point).toBeGreaterThanOrEqual(2 * before);
    }
    const killed = await startDoors("KILLS");
    const sofar = await decided("kill-");
    await eventually(async () => (await decided("kill-")) > sofar);
    await killed.kill();
    expect(await decided("kill-")).toBeGreaterThanOrEqual(2 * (await acknowledged("KILLS")));

    const last = await startDoors("KILLS");
    try {
      await eventually(async () => (await acknowledged("KILLS")) === 2_500);
    } finally {
      await last.stop();
    }
    expect(await decided("kill-")).toBe(5_000);
    expect(await findDrift(store.db)).toEqual([]);
  },
);

test("a server that dies and comes back, and a scorer that is away, are waited for", LIMIT, async () => {
  await makeStream("AWAY");
  const doors = await startDoors("AWAY");
  try {
    scorer.setAway(true);
    await publish("AWAY", payment("away-1"));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await acknowledged("AWAY")).toBe(0);
    await nats.kill();
    scorer.setAway(false);
    await nats.start();
    // The test's own connection comes back as well.
    await eventually(() =>
      publish("AWAY", payment("away-2")).then(
        () => true,
        () => false,
      ),
    );
    await eventually(async () => (await acknowledged("AWAY")) >= 2);
    expect(await decided("away-")).toBe(2);
  } finally {
    await doors.stop();
  }
});
