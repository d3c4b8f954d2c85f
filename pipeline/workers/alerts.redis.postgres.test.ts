import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Queue } from "bullmq";
import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { AlertKind } from "../../domain/alerts.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { SecretBox } from "../accounts/secret-box.ts";
import { addChannel, type ChannelTarget, makeSecret } from "../alerts/channels.ts";
import { pushPublicKey } from "../alerts/push-keys.ts";
import { raiseAlert } from "../alerts/raise.ts";
import { TOLD_SINGLY } from "../alerts/sending/notice.ts";
import { readAlertSettings, setAlertSettings } from "../alerts/settings.ts";
import { startBrowser } from "../alerts/testing/browser.ts";
import { type Receiver, startMailServer, startReceiver } from "../alerts/testing/receiver.ts";
import { enqueueTransactions, openTransactionsQueue } from "../queues.ts";
import type { Database } from "../store/schema.ts";
import { ANN, emptyLedger } from "../store/testing.ts";
import { type FakeScorer, startFakeScorer } from "../testing/fake-scorer.ts";
import { eventually, type StartedProcess, startProcess } from "../testing/started-process.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";

const logger = createLogger("test", "silent");
const LIMIT_MS = 120_000;
const PREFIX = "{test}";
const key = randomBytes(32);
const secrets = new SecretBox(key);
let store: TestStore;
let db: Kysely<Database>;
let server: TestRedis;
let redis: RedisConnection;
let queue: Queue;
let scorer: FakeScorer;
let receiver: Receiver;
let mail: Awaited<ReturnType<typeof startMailServer>>;
let folder: string;
let workers: StartedProcess[] = [];

beforeAll(async () => {
  [store, server, scorer, receiver, mail] = await Promise.all([
    openTestStore(),
    startTestRedis(),
    startFakeScorer(),
    startReceiver(),
    startMailServer(),
  ]);
  db = store.db;
  redis = connectRedis(server.url, "producer", logger);
  queue = openTransactionsQueue(redis, PREFIX);
  queue.on("error", () => {});
  folder = await mkdtemp(join(tmpdir(), "paysecure-alerts-"));
});
afterAll(async () => {
  await queue?.close();
  redis?.disconnect();
  scorer?.stop();
  await Promise.all([store?.close(), server?.stop(), receiver?.stop(), mail?.stop()]);
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await emptyLedger(db);
  await sql`delete from alert_channels`.execute(db);
  await setAlertSettings(db, ANN, { ...(await readAlertSettings(db)), groupSeconds: 0 });
  receiver.received.length = 0;
  mail.letters.length = 0;
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  workers = [];
});

async function start(env: Record<string, string> = {}): Promise<StartedProcess> {
  const worker = await startProcess("pipeline/workers/main.ts", {
    ...{
      REDIS_URL: server.url,
      REDIS_PREFIX: PREFIX,
      DATABASE_URL: store.url,
      SCORER_ADDRESS: scorer.address,
    },
    ...{ DATA_DIR: folder, SECRET_KEY: key.toString("base64"), OUTGOING_ALLOW: "127.0.0.1" },
    ...{
      SMTP_URL: mail.url,
      MAIL_FROM: "alerts@bank.example",
      ALERT_SECONDS: "1",
      ALERT_CLAIM_SECONDS: "10",
    },
    ...{ PUBLIC_URL: "https://fraud.bank.example", LOG_LEVEL: "info" },
    ...env,
  });
  workers.push(worker);
  return worker;
}

/** One channel of each kind, all of them real servers. */
async function addOneOfEach(): Promise<ReturnType<typeof startBrowser>> {
  const browser = startBrowser();
  const { user_id: userId } = await db
    .insertInto("users")
    .values({ name: "pia", role: "manager" })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ role: "manager" }))
    .returning("user_id")
    .executeTakeFirstOrThrow();
  await pushPublicKey(db, secrets);
  const at = (path: string): string => `${receiver.url}/${path}`;
  const targets: ChannelTarget[] = [
    { kind: "webhook", url: at("webhook"), secret: makeSecret() },
    { kind: "slack", url: at("slack") },
    { kind: "teams", url: at("teams") },
    { kind: "sms", url: at("sms"), to: "+33612345678" },
    { kind: "email", to: "oncall@bank.example" },
    { kind: "push", endpoint: at("push"), keys: browser.keys },
  ];
  for (const target of targets) await addChannel(db, secrets, ANN, target.kind, target, { userId });
  return browser;
}
const raise = (kind: AlertKind, body: string): Promise<number | null> =>
  db.transaction().execute((trx) => raiseAlert(trx, { kind, subject: "test", body }));
const states = async (): Promise<string[]> =>
  (await db.selectFrom("alert_messages").select("state").execute()).map(({ state }) => state);
const paths = (): string[] => receiver.received.map(({ path }) => path).toSorted();
const ALL = ["/push", "/slack", "/sms", "/teams", "/webhook"];

test(
  "kill -9 between commit and sending: every channel's server has it once",
  async () => {
    const browser = await addOneOfEach();
    await raise("webhook_disabled", "hook 3 failed for a day");
    const first = await start({ FAIL_POINTS: "alert.claimed" });
    await first.ended;
    expect(await states()).toContain("sending");
    expect([...receiver.received, ...mail.letters]).toEqual([]);
    // Each of these dies with the first message that it claims, of another channel.
    for (let i = 0; i < 2; i++) await (await start({ FAIL_POINTS: "alert.claimed" })).ended;
    await start();
    await start();
    await eventually(async () => (await states()).every((state) => state === "sent"));
    expect(paths()).toEqual(ALL);
    expect(mail.letters).toHaveLength(1);
    const push = receiver.received.find(({ path }) => path === "/push");
    expect(JSON.parse(browser.decrypt(push!.body))).toMatchObject({
      title: "WARNING: A webhook was disabled",
    });
  },
  LIMIT_MS,
);

test(
  "kill -9 between sending and noting it: sent again under the same id with the same words",
  async () => {
    await addChannel(db, secrets, ANN, "webhook", {
      ...{ kind: "webhook", url: `${receiver.url}/webhook`, secret: makeSecret() },
    });
    await raise("webhook_disabled", "hook 3 failed for a day");
    const first = await start({ FAIL_POINTS: "alert.sent" });
    await first.ended;
    expect(paths()).toEqual(["/webhook"]);
    await start();
    await eventually(async () => (await states()).every((state) => state === "sent"));
    const [one, again] = receiver.received;
    expect(receiver.received).toHaveLength(2);
    expect(again?.headers["webhook-id"]).toBe(one?.headers["webhook-id"]);
    expect(again?.body.toString()).toBe(one?.body.toString());
  },
  LIMIT_MS,
);

test(
  "kill -9 at any moment under a stream of alerts: none is lost, and every server can tell repeats",
  async () => {
    await addOneOfEach();
    await sql`update alert_channels set per_hour = 3600`.execute(db);
    await start();
    const raised: string[] = [];
    for (let i = 0; i < 30; i++) {
      const body = randomUUID();
      raised.push(body);
      await db
        .transaction()
        .execute((trx) => raiseAlert(trx, { kind: "webhook_disabled", subject: `webhook:${i}`, body }));
      if (i % 10 === 5) {
        await workers.at(-1)?.kill();
        await start();
      }
    }
    await eventually(async () => (await states()).every((state) => state === "sent"));
    // By the id of its message each is there once.
    const once = new Map(
      receiver.received
        .filter(({ path }) => path === "/webhook")
        .map(({ headers, body }) => [String(headers["webhook-id"]), body.toString()]),
    );
    const told = [...once.values()].flatMap((body) =>
      (JSON.parse(body) as { data: { alerts: { body: string }[] } }).data.alerts.map((alert) => alert.body),
    );
    expect(told.toSorted()).toEqual(raised.toSorted());
    const letters = new Map(mail.letters.map((letter) => [/Message-ID: (\S+)/.exec(letter)?.[1], letter]));
    // A letter tells so many singly and counts the others: how many came together is the machine's doing.
    const { rows: messages } = await sql<{ id: string; bodies: string[] }>`
      select message_id as id, array_agg(n.body order by n.notice_id) as bodies
      from alert_messages m join alert_channels c using (channel_id) join alert_notices n using (message_id)
      where c.kind = 'email' group by 1`.execute(db);
    expect([...letters.keys()].toSorted()).toEqual(
      messages.map(({ id }) => `<${id}@bank.example>`).toSorted(),
    );
    expect(messages.flatMap(({ bodies }) => bodies).toSorted()).toEqual(raised.toSorted());
    for (const { id, bodies } of messages) {
      const letter = letters.get(`<${id}@bank.example>`) ?? "";
      for (const body of bodies.slice(0, TOLD_SINGLY)) expect(letter).toContain(body);
      if (bodies.length > TOLD_SINGLY) expect(letter).toContain(`${bodies.length - TOLD_SINGLY} more`);
    }
  },
  LIMIT_MS,
);

test(
  "a Critical payment through the queue, and a scorer that goes away, reach a server by a running worker",
  async () => {
    await addChannel(db, secrets, ANN, "webhook", {
      ...{ kind: "webhook", url: `${receiver.url}/webhook`, secret: makeSecret() },
    });
    await sql`insert into alert_conditions (kind, enabled, threshold, severity) values ('scorer_away', true, 1, 'critical')
      on conflict (kind) do nothing`.execute(db);
    const worker = await start();
    const payment = (id: string, amount: number) => ({
      ...{ transactionId: id, time: 1, v: [0.95, ...Array<number>(27).fill(0)], amount },
    });
    await enqueueTransactions(queue, {
      ...{ chunkId: randomUUID(), source: "api" },
      transactions: [payment("dear", 2_500), payment("cheap", 20)],
    });
    const told = () =>
      receiver.received.flatMap(({ body }) =>
        (
          JSON.parse(body.toString()) as {
            data: { alerts: { title: string; event: string; link: string }[] };
          }
        ).data.alerts.map(({ title, event, link }) => `${event} ${title} ${link}`),
      );
    await eventually(() => told().length > 0);
    expect(told()).toEqual([
      "fired Critical payment of 2,500 EUR https://fraud.bank.example/transaction?id=dear",
    ]);
    scorer.setAway(true);
    await eventually(() => told().length > 1);
    scorer.setAway(false);
    expect(told()[1]).toBe("fired The scorer does not serve https://fraud.bank.example/");
    expect(worker.log.join("\n")).toContain("Critical payment of 2,500 EUR");
    expect(worker.log.join("\n")).not.toContain("/webhook");
  },
  LIMIT_MS,
);
