import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { SYSTEM } from "../../domain/actors.ts";
import { NOTHING_INSIDE, readAllowed } from "../../platform/outgoing/addresses.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { SecretBox } from "../accounts/secret-box.ts";
import { type OutboxMessage, outboxMessage } from "../outbox/messages.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { escalateCase } from "../review/escalate.ts";
import { giveVerdict } from "../review/verdict.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { forgetDeliveries, listDeliveries, replayDelivery, replayFailed, sendTest } from "./deliveries.ts";
import {
  addEndpoint,
  disableEndpoint,
  enableEndpoint,
  listEndpoints,
  readEndpoint,
  rotateSecret,
  type WebhookStore,
} from "./endpoints.ts";
import { noteEvents } from "./events.ts";
import { MOST_ATTEMPTS, nextTryMs } from "./schedule.ts";
import { type DisabledEndpoint, type Sender, startSender } from "./sender.ts";
import { type Receiver, startReceiver } from "./testing/receiver.ts";

const HERE = readAllowed("127.0.0.0/8");
const logger = createLogger("test", "silent");
let store: TestStore;
let hooks: WebhookStore;
let receivers: Receiver[] = [];
let senders: Sender[] = [];
let told: DisabledEndpoint[] = [];
beforeAll(async () => {
  store = await openTestStore();
  hooks = { db: store.db, secrets: new SecretBox(randomBytes(32)), allowed: HERE };
});
afterAll(async () => await store?.close());
beforeEach(async () => {
  await sql`truncate webhook_endpoints cascade`.execute(store.db);
  await emptyLedger(store.db);
  told = [];
});
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.stop()));
  for (const receiver of receivers) receiver.close();
  [senders, receivers] = [[], []];
});

async function receiver(): Promise<Receiver> {
  const one = await startReceiver();
  receivers.push(one);
  return one;
}

async function endpoint(to: Receiver, events: readonly string[], tiers: readonly string[] = []) {
  const made = await addEndpoint(hooks, ANN, { url: to.url, description: "", events, tiers });
  to.trust(made.secret);
  return made.endpoint;
}

function sender(options: { limitMs?: number; allowed?: typeof HERE } = {}): Sender {
  const one = startSender({
    ...{ db: hooks.db, secrets: hooks.secrets, allowed: HERE, logger, pollMs: 20 },
    tellOwner: async (disabled) => void told.push(disabled),
    ...options,
  });
  senders.push(one);
  return one;
}

/** As the relay hands them over: what lies in the outbox, kind by kind. */
async function relay({ forget = true } = {}): Promise<void> {
  const rows = await store.db.selectFrom("outbox").selectAll().orderBy("outbox_id").execute();
  const messages = rows.map(({ kind, payload }) => outboxMessage.parse({ ...payload, kind }));
  for (const kind of new Set(messages.map((message) => message.kind)))
    await noteEvents(
      store.db,
      messages.filter((message): message is OutboxMessage => message.kind === kind),
    );
  if (forget) await store.db.deleteFrom("outbox").execute();
}

/** As if the time of every retry had come. */
const retryNow = () =>
  sql`update webhook_deliveries set next_at = now() where state = 'waiting'`.execute(store.db);
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });
const idsIn = (to: Receiver): string[] =>
  to.received
    .filter(({ type }) => type === "decision.recorded")
    .flatMap(({ data }) =>
      (data["decisions"] as { transaction_id: string }[]).map((each) => each.transaction_id),
    );
const typesIn = (to: Receiver): string[] => to.received.map(({ type }) => type);

test("each event arrives signed, once however often the outbox delivers it, and says no card token", async () => {
  const to = await receiver();
  await endpoint(to, [
    ...["decision.recorded", "decision.flagged", "case.opened", "case.escalated", "verdict.given"],
    "label.given",
  ]);
  await recordDecisions(store.db, [decision("a"), risky("b"), decision("c")], SLA);
  await relay({ forget: false });
  await relay();
  await sql`update review_cases set due_at = now() - interval '1 minute'`.execute(store.db);
  const { case_id } = await store.db.selectFrom("review_cases").select("case_id").executeTakeFirstOrThrow();
  await escalateCase(store.db, case_id);
  await giveVerdict(store.db, { caseId: case_id, actor: ANN, verdict: "fraud", note: "between us" });
  await relay({ forget: false });
  await relay();
  sender();
  await soon(() => expect(to.received).toHaveLength(6));
  expect(typesIn(to).toSorted()).toEqual([
    ...["case.escalated", "case.opened", "decision.flagged", "decision.recorded", "label.given"],
    "verdict.given",
  ]);
  const of = (type: string) => to.received.find((each) => each.type === type)?.data;
  expect(idsIn(to)).toEqual(["a", "b", "c"]);
  expect(of("decision.flagged")).toMatchObject({
    ...{ transaction_id: "b", risk_tier: "critical", amount: 100, currency: "EUR", action: "block" },
    model: { name: "test", version: "1" },
  });
  expect(of("case.opened")).toMatchObject({
    case_id,
    transaction_id: "b",
    risk_tier: "critical",
    amount: 100,
  });
  expect(of("case.escalated")).toMatchObject({ case_id, transaction_id: "b" });
  expect(of("verdict.given")).toMatchObject({
    ...{ case_id, verdict: "fraud", decided_by: { kind: "user", name: "ann" } },
  });
  expect(of("label.given")).toMatchObject({ transaction_id: "b", label: "fraud", source: "analyst" });
  const everything = JSON.stringify(to.received);
  for (const word of ["tok_a", "between us", '"truth"']) expect(everything).not.toContain(word);
  expect(new Set(to.received.map(({ id }) => id)).size).toBe(6);
});

test("decisions of many jobs share messages of at most 100, and what was noted is not noted again with others", async () => {
  const to = await receiver();
  await endpoint(to, ["decision.recorded"]);
  const jobs = Array.from({ length: 12 }, (_, job) =>
    Array.from({ length: 25 }, (_, i) => decision(`${job}-${i}`)),
  );
  for (const job of jobs.slice(0, 3)) await recordDecisions(store.db, job, SLA);
  await relay({ forget: false });
  for (const job of jobs.slice(3)) await recordDecisions(store.db, job, SLA);
  await relay();
  sender();
  await soon(() => expect(idsIn(to)).toHaveLength(300));
  expect(new Set(idsIn(to)).size).toBe(300);
  expect(to.received).toHaveLength(4);
});

test("an endpoint of some tiers hears of those alone; a disabled one of nothing; without any nothing is written", async () => {
  const [worst, off] = [await receiver(), await receiver()];
  await recordDecisions(store.db, [risky("before")], SLA);
  await relay();
  await endpoint(worst, ["decision.recorded", "case.opened"], ["critical"]);
  const { id } = await endpoint(off, ["decision.recorded"]);
  await disableEndpoint(store.db, ANN, id);
  await recordDecisions(
    store.db,
    [decision("low"), risky("worst"), risky("high", { riskTier: "high" })],
    SLA,
  );
  await relay();
  await recordDecisions(store.db, [decision("another low")], SLA);
  await relay();
  sender();
  await soon(() => expect(worst.received).toHaveLength(2));
  expect(idsIn(worst)).toEqual(["worst"]);
  const { n } = await store.db
    .selectFrom("webhook_deliveries")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  expect(Number(n)).toBe(2);
});

test("what fails comes again under its id, ever later, and Retry-After is honoured", async () => {
  const to = await receiver();
  const { id } = await endpoint(to, ["case.opened"]);
  to.answer(503);
  await recordDecisions(store.db, [risky("x")], SLA);
  await relay();
  sender();
  await soon(async () => expect((await listDeliveries(store.db, id)).items[0]?.attempts).toBe(1));
  await soon(async () => {
    const [first] = (await listDeliveries(store.db, id)).items;
    expect(first).toMatchObject({ state: "waiting", lastStatus: 503, lastSaid: "not now" });
    expect(first!.nextAt!.getTime() - first!.lastAt!.getTime()).toBeGreaterThan(3_500);
  });
  to.answer({ status: 429, headers: { "retry-after": "3600" } });
  await retryNow();
  await soon(async () => {
    const [first] = (await listDeliveries(store.db, id)).items;
    expect(first).toMatchObject({ attempts: 2, lastStatus: 429 });
    expect(first!.nextAt!.getTime() - first!.lastAt!.getTime()).toBeGreaterThan(3_590_000);
  });
  // The whole endpoint is left alone meanwhile.
  to.answer(200);
  await retryNow();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(to.received).toHaveLength(2);
  await sql`update webhook_endpoints set not_before = now()`.execute(store.db);
  await soon(() => expect(to.received).toHaveLength(3));
  expect(new Set(to.received.map((each) => each.id)).size).toBe(1);
  await soon(async () => expect((await readEndpoint(store.db, id)).failingSince).toBeNull());
  expect((await listDeliveries(store.db, id)).items).toMatchObject([{ state: "delivered", attempts: 3 }]);
});

test("the waits grow to a day, then it is given up; chance moves each by a fifth at most", () => {
  const waits = Array.from({ length: MOST_ATTEMPTS }, (_, i) => nextTryMs(i + 1, undefined, () => 0.5));
  expect(waits.slice(0, 3)).toEqual([5_000, 300_000, 1_800_000]);
  expect(waits.at(-1)).toBeUndefined();
  expect(waits.slice(0, -1).every((wait, i) => i === 0 || wait! > waits[i - 1]!)).toBe(true);
  expect([nextTryMs(1, undefined, () => 0), nextTryMs(1, undefined, () => 1)]).toEqual([4_000, 6_000]);
  expect([nextTryMs(1, 60_000), nextTryMs(1, 999 * 86_400_000)]).toEqual([60_000, 86_400_000]);
});

test("one that does not answer holds up no other, and is asked by one message at a time once it is known", async () => {
  const [slow, quick] = [await receiver(), await receiver()];
  slow.answer("never");
  const { id } = await endpoint(slow, ["decision.flagged"]);
  await endpoint(quick, ["decision.flagged"]);
  await recordDecisions(
    store.db,
    Array.from({ length: 40 }, (_, i) => risky(`r-${i}`)),
    SLA,
  );
  await relay();
  sender({ limitMs: 1_500 });
  await soon(() => expect(quick.received).toHaveLength(40));
  expect((await listDeliveries(store.db, id, { state: "delivered" })).items).toEqual([]);
  await soon(async () =>
    expect(
      (await listDeliveries(store.db, id)).items.some(({ lastSaid }) => lastSaid?.includes("within 1.5 s")),
    ).toBe(true),
  );
});

test("410 disables at once, five days of failure too; the owner has word once, and enabled again what waited leaves", async () => {
  const [gone, away] = [await receiver(), await receiver()];
  const { id: first } = await endpoint(gone, ["case.opened"]);
  const { id: second } = await endpoint(away, ["case.opened"]);
  gone.answer(410);
  away.answer(500);
  await recordDecisions(store.db, [risky("x")], SLA);
  await relay();
  await sql`update webhook_endpoints set failing_since = now() - interval '5 days 1 minute'
    where endpoint_id = ${second}`.execute(store.db);
  sender();
  sender();
  await soon(() => expect(told).toHaveLength(2));
  expect(await listEndpoints(store.db)).toMatchObject([
    { id: first, state: "disabled", disabledWhy: "it answered 410: it is gone for good" },
    { id: second, state: "disabled", disabledWhy: "for five days it did nothing but fail" },
  ]);
  expect(told.map(({ id, owner }) => [id, owner.name]).toSorted()).toEqual([
    [first, "ann"],
    [second, "ann"],
  ]);
  const acts = await store.db
    .selectFrom("audit_log")
    .selectAll()
    .where("act", "=", "webhook.disabled")
    .execute();
  expect(acts.filter(({ subject }) => subject === `webhook:${first}`)).toMatchObject([{ actor: SYSTEM }]);
  const alerts = () =>
    store.db.selectFrom("alerts").select(["kind", "subject", "state"]).orderBy("subject").execute();
  expect(await alerts()).toEqual([
    { kind: "webhook_disabled", subject: `webhook:${first}`, state: "firing" },
    { kind: "webhook_disabled", subject: `webhook:${second}`, state: "firing" },
  ]);
  away.answer(200);
  await enableEndpoint(store.db, ANN, second);
  expect((await alerts()).map(({ state }) => state)).toEqual(["firing", "resolved"]);
  await retryNow();
  await soon(async () =>
    expect((await listDeliveries(store.db, second)).items).toMatchObject([{ state: "delivered" }]),
  );
  expect(told).toHaveLength(2);
});

test("what failed for good is sent again by hand, one or all since a moment, under its id", async () => {
  const to = await receiver();
  const { id } = await endpoint(to, ["decision.flagged"]);
  await recordDecisions(store.db, [risky("1"), risky("2"), risky("3")], SLA);
  await relay();
  to.answer(500);
  await sql`update webhook_deliveries set attempts = ${MOST_ATTEMPTS - 1}`.execute(store.db);
  sender();
  await soon(async () =>
    expect((await listDeliveries(store.db, id, { state: "failed" })).items).toHaveLength(3),
  );
  const failed = to.received.map((each) => each.id);
  to.answer(204);
  const [newest] = (await listDeliveries(store.db, id)).items;
  await replayDelivery(store.db, ANN, newest!.id);
  await soon(() => expect(to.received).toHaveLength(4));
  await soon(async () =>
    expect((await listDeliveries(store.db, id, { state: "failed" })).items).toHaveLength(2),
  );
  expect(await replayFailed(store.db, ANN, id, new Date(Date.now() + 60_000))).toBe(0);
  expect(await replayFailed(store.db, ANN, id, new Date(Date.now() - 60_000))).toBe(2);
  await soon(() => expect(to.received).toHaveLength(6));
  expect(new Set(to.received.map((each) => each.id))).toEqual(new Set(failed));
  await soon(async () =>
    expect((await listDeliveries(store.db, id, { state: "delivered" })).items).toHaveLength(3),
  );
  await expect(replayDelivery(store.db, ANN, 999)).rejects.toThrow("there is no delivery 999");
  const page = await listDeliveries(store.db, id, { limit: 2 });
  expect(page.items).toHaveLength(2);
  expect((await listDeliveries(store.db, id, { before: page.nextBefore! })).items).toHaveLength(1);
});

test("while a secret is rotated both sign; afterwards the new one alone", async () => {
  const to = await receiver();
  const { id } = await endpoint(to, ["case.opened"]);
  sender();
  const { secret, endpoint: rotated } = await rotateSecret(hooks, ANN, id);
  expect(rotated.earlierUntil!.getTime()).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  // The receiver still has the earlier one.
  await sendTest(store.db, ANN, id);
  await soon(() => expect(to.received).toMatchObject([{ type: "webhook.test", signatures: 2 }]));
  to.trust(secret);
  await sendTest(store.db, ANN, id);
  await soon(() => expect(to.received).toHaveLength(2));
  await sql`update webhook_endpoints set earlier_until = now()`.execute(store.db);
  await sendTest(store.db, ANN, id);
  await soon(() => expect(to.received[2]).toMatchObject({ signatures: 1 }));
  const kept = await store.db.selectFrom("webhook_endpoints").selectAll().execute();
  expect(JSON.stringify(kept)).not.toContain(secret);
});

test("an address inside is refused in words when it is added, and when it is sent to", async () => {
  const strict = { ...hooks, allowed: NOTHING_INSIDE };
  const add = (url: string, events: readonly string[] = ["case.opened"]) =>
    addEndpoint(strict, ANN, { url, description: "", events, tiers: [] });
  for (const url of ["https://127.0.0.1/hook", "https://localhost:9/", "https://10.0.0.1/", "https://[::1]/"])
    await expect(add(url), url).rejects.toThrow("inside this network");
  for (const [url, words] of [
    ["https://169.254.169.254/latest/meta-data", "cannot be sent to"],
    ["https://nowhere.invalid/", "has no address"],
    ["http://8.8.8.8/", "must begin with https://"],
    ["file:///etc/passwd", "https://"],
    ["https://u:p@example.com", "password"],
  ] as const)
    await expect(add(url), url).rejects.toThrow(words);
  await expect(add("https://8.8.8.8/", [])).rejects.toThrow("at least one event");
  await expect(add("https://8.8.8.8/", ["all"])).rejects.toThrow("all is not");

  const to = await receiver();
  const { id } = await endpoint(to, ["case.opened"]);
  await sendTest(store.db, ANN, id);
  sender({ allowed: NOTHING_INSIDE });
  await soon(async () =>
    expect((await listDeliveries(store.db, id)).items).toMatchObject([
      { state: "waiting", lastStatus: null, lastSaid: expect.stringContaining("inside this network") },
    ]),
  );
  expect(to.received).toEqual([]);
});

test("decisions that the store has dropped leave it no more; the log forgets what is old", async () => {
  const to = await receiver();
  const { id } = await endpoint(to, ["decision.recorded"]);
  await recordDecisions(store.db, [decision("dropped")], SLA);
  await relay();
  await sql`truncate decisions, transaction_keys`.execute(store.db);
  sender();
  await soon(async () =>
    expect((await listDeliveries(store.db, id)).items).toMatchObject([
      { state: "failed", lastSaid: "the store no longer has the decisions" },
    ]),
  );
  expect(await forgetDeliveries(store.db, 30)).toBe(0);
  await sql`update webhook_deliveries set created_at = now() - interval '31 days'`.execute(store.db);
  expect(await forgetDeliveries(store.db, 30)).toBe(1);
  expect(to.received).toEqual([]);
});

test("the command line adds, lists, tests, logs, rotates and removes", { timeout: 120_000 }, async () => {
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "pipeline/webhooks/cli.ts", ...args],
      {
        cwd: projectRoot,
        env: {
          DATABASE_URL: store.url,
          SECRET_KEY: randomBytes(32).toString("base64"),
          OUTGOING_ALLOW: "127.0.0.1",
        },
      },
    );
    return stdout;
  };
  expect(await run("list")).toBe("no endpoints\n");
  const added = await run("add", "http://127.0.0.1:9/hook", "--events", "case.opened", "--tiers", "critical");
  expect(added).toMatch(/^endpoint \d+\nwhsec_/);
  const id = /\d+/.exec(added)![0];
  expect(await run("list")).toContain("http://127.0.0.1:9/hook  enabled  case.opened  of critical");
  await run("test", id);
  expect(await run("log", id)).toContain("webhook.test  waiting after 0");
  expect(await run("rotate", id)).toMatch(/^whsec_/);
  await run("remove", id);
  expect(await run("list")).toBe("no endpoints\n");
  await expect(run("test", id)).rejects.toThrow(`there is no webhook endpoint ${id}`);
  await expect(run("add", "http://10.0.0.1/", "--events", "case.opened")).rejects.toThrow(
    "inside this network",
  );
});
