import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { takeLease } from "../store/leases.ts";
import { migrate } from "../store/migrate.ts";
import type { Database } from "../store/schema.ts";
import { ANN, emptyLedger } from "../store/testing.ts";
import { appendOutbox } from "./append.ts";
import type { OutboxMessage } from "./messages.ts";
import { type Deliver, type Relay, relayBatch, startRelay } from "./relay.ts";

const logger = createLogger("test", "silent");
let postgres: TestPostgres;
let db: Kysely<Database>;
let relays: Relay[] = [];
beforeAll(async () => {
  postgres = await startTestPostgres("migrated");
  db = openDatabase<Database>(postgres.url, logger);
  await migrate(db);
});
afterAll(async () => {
  await db?.destroy();
  await postgres?.stop();
});
beforeEach(async () => {
  await emptyLedger(db);
  await db.deleteFrom("leases").execute();
});
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  relays = [];
});

const changed = (caseId: number, event: "claimed" | "released" | "decided"): OutboxMessage => ({
  kind: "review.changed",
  at: "2026-11-26T10:00:00.000Z",
  caseId,
  event,
  actor: ANN,
});
const append = (...messages: readonly OutboxMessage[]): Promise<void> =>
  db.transaction().execute((trx) => appendOutbox(trx, messages));
const waiting = () => db.selectFrom("outbox").selectAll().orderBy("outbox_id").execute();
/** What arrived, as "case event". */
function receiver(refuses: (said: string) => boolean = () => false) {
  const said: string[] = [];
  const deliver: Deliver = async (messages) => {
    for (const message of messages) {
      const text = message.kind === "review.changed" ? `${message.caseId} ${message.event}` : message.kind;
      if (refuses(text)) throw new Error(`no to ${text}`);
      said.push(text);
    }
  };
  return { said, deliver };
}
const start = (deliver: Deliver): Relay => {
  const relay = startRelay({ db, deliver, logger, pollMs: 20 });
  relays.push(relay);
  return relay;
};
/** As if the time of a retry had come. */
const retryNow = () => sql`update outbox set not_before = now()`.execute(db);

test("what a transaction that failed wanted to say is never said", async () => {
  await expect(
    db.transaction().execute(async (trx) => {
      await appendOutbox(trx, [changed(1, "claimed")]);
      throw new Error("rolled back");
    }),
  ).rejects.toThrow("rolled back");
  expect(await waiting()).toEqual([]);
});

test("messages of a case arrive in order, and nothing is left of what arrived", async () => {
  const { said, deliver } = receiver();
  await append(changed(1, "claimed"), changed(2, "claimed"));
  await append(changed(1, "released"), changed(1, "claimed"), changed(1, "decided"));
  expect(await relayBatch({ db, deliver, logger })).toBe(5);
  expect(said.filter((text) => text.startsWith("1"))).toEqual([
    "1 claimed",
    "1 released",
    "1 claimed",
    "1 decided",
  ]);
  expect(said).toContain("2 claimed");
  expect(await waiting()).toEqual([]);
});

test("one that is refused holds up its own case alone, waits longer each time, and says why", async () => {
  let refuse = true;
  const { said, deliver } = receiver((text) => refuse && text === "1 claimed");
  const outcomes: string[] = [];
  const onOutcome = (kind: string, outcome: string): void => void outcomes.push(`${kind} ${outcome}`);
  await append(changed(1, "claimed"), { kind: "case.opened", caseId: 1, dueAt: "2026-11-26T11:00:00.000Z" });
  await append(changed(2, "claimed"));
  expect(await relayBatch({ db, deliver, logger, onOutcome })).toBe(1);
  expect(said).toEqual(["2 claimed"]);
  expect(outcomes.toSorted()).toEqual(["review.changed delivered", "review.changed failed"]);
  // Not due: neither it nor what is behind it.
  expect(await relayBatch({ db, deliver, logger })).toBe(0);

  const delays: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    const [first] = await waiting();
    delays.push(first!.not_before.getTime() - Date.now());
    expect(first).toMatchObject({ attempts: attempt + 1, last_error: "no to 1 claimed" });
    await retryNow();
    expect(await relayBatch({ db, deliver, logger })).toBe(0);
  }
  expect(delays[1]! - delays[0]!).toBeGreaterThan(300);
  expect(Math.max(...delays)).toBeLessThanOrEqual(15_000);
  expect(said).toEqual(["2 claimed"]);

  refuse = false;
  await retryNow();
  await relayBatch({ db, deliver, logger });
  expect(said).toEqual(["2 claimed", "1 claimed", "case.opened"]);
});

test("a row that is no message of ours is kept, and keeps nobody else waiting", async () => {
  const { said, deliver } = receiver();
  await sql`insert into outbox (kind, key, payload) values ('case.opened', 'case:9', '{"caseId": "nine"}')`.execute(
    db,
  );
  await append(changed(1, "claimed"));
  expect(await relayBatch({ db, deliver, logger })).toBe(1);
  expect(said).toEqual(["1 claimed"]);
  expect(await waiting()).toMatchObject([{ key: "case:9", attempts: 1 }]);
});

test("a delivery that never ends has failed after a while", async () => {
  await append(changed(1, "claimed"));
  expect(await relayBatch({ db, deliver: () => new Promise(() => {}), logger, limitMs: 20 })).toBe(0);
  expect(await waiting()).toMatchObject([{ attempts: 1, last_error: "took longer than 20 ms" }]);
});

test("what arrived while its deletion failed comes again: at least once", async () => {
  const { said, deliver } = receiver();
  await append(changed(1, "claimed"));
  const lost = {
    ...{ db, deliver, logger },
    deliver: async (...given: Parameters<Deliver>) => {
      await deliver(...given);
      await sql`alter table outbox rename to outbox_away`.execute(db);
    },
  };
  await expect(relayBatch(lost)).rejects.toThrow(/outbox/);
  await sql`alter table outbox_away rename to outbox`.execute(db);
  await relayBatch({ db, deliver, logger });
  expect(said).toEqual(["1 claimed", "1 claimed"]);
});

test("while nothing arrives only a few are tried, and all arrive once something does", async () => {
  let away = true;
  const { said, deliver } = receiver(() => away);
  await append(...Array.from({ length: 500 }, (_, i) => changed(i, "claimed")));
  const tried = async () => (await waiting()).filter(({ attempts }) => attempts > 0).length;
  start(deliver);
  await vi.waitFor(async () => expect(await tried()).toBe(200), 10_000);
  await sleep(500);
  expect(await tried()).toBeLessThan(300);
  away = false;
  await vi.waitFor(async () => expect(await waiting()).toEqual([]), 20_000);
  expect(said).toHaveLength(500);
});

test("of two relays one delivers, and the other follows when it stops", async () => {
  const [one, two] = [receiver(), receiver()];
  const first = start(one.deliver);
  await append(changed(1, "claimed"));
  await vi.waitFor(() => expect(one.said).toEqual(["1 claimed"]), 5_000);
  start(two.deliver);
  await append(changed(1, "released"), changed(1, "decided"));
  await vi.waitFor(() => expect(one.said).toHaveLength(3), 5_000);
  expect(two.said).toEqual([]);
  await first.stop();
  await append(changed(2, "claimed"));
  await vi.waitFor(() => expect(two.said).toEqual(["2 claimed"]), 5_000);
});

test("a relay that died is followed when its lease has run out, not before", async () => {
  await takeLease(db, "outbox", "one that died", 1_000);
  await append(changed(1, "claimed"));
  const { said, deliver } = receiver();
  start(deliver);
  await sleep(300);
  expect(said).toEqual([]);
  await vi.waitFor(() => expect(said).toEqual(["1 claimed"]), 5_000);
});

test("a relay that wakes after its lease has gone to another begins no further delivery", async () => {
  await append(changed(1, "claimed"), { kind: "case.opened", caseId: 1, dueAt: "2026-11-26T11:00:00.000Z" });
  let mine = true;
  const { said, deliver } = receiver();
  await relayBatch({
    ...{ db, logger, mayDeliver: () => mine },
    deliver: async (messages) => {
      await deliver(messages);
      mine = false;
    },
  });
  expect(said).toEqual(["1 claimed"]);
  expect(await waiting()).toMatchObject([{ kind: "case.opened", attempts: 0 }]);
});
