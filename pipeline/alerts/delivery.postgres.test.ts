import { createHmac, randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ALERT_KIND_NAMES, type AlertKind } from "../../domain/alerts.ts";
import { readAllowed } from "../../platform/outgoing/addresses.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { SecretBox } from "../accounts/secret-box.ts";
import { createMailer, type Mailer } from "../mail/mailer.ts";
import type { Database } from "../store/schema.ts";
import { ANN, emptyLedger } from "../store/testing.ts";
import { eventually } from "../testing/started-process.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { acknowledgeAlert } from "./acknowledge.ts";
import {
  addChannel,
  type ChannelTarget,
  changeChannel,
  listChannels,
  makeSecret,
  removeChannel,
  testChannel,
  USUAL_CHANNEL,
} from "./channels.ts";
import { type Deliverer, startDeliverer } from "./deliverer.ts";
import { pushPublicKey, readPushKeys } from "./push-keys.ts";
import { type NewAlert, raiseAlert, resolveAlert } from "./raise.ts";
import { sendAlerts } from "./sending/send.ts";
import { readAlertSettings, readConditions, setAlertSettings, setCondition } from "./settings.ts";
import { startBrowser } from "./testing/browser.ts";
import { type Receiver, startMailServer, startReceiver } from "./testing/receiver.ts";
import { endAlerts, escalateAlerts } from "./upkeep.ts";

const logger = createLogger("test", "silent");
const secrets = new SecretBox(randomBytes(32));
const CONSOLE = "https://fraud.bank.example";
let store: TestStore;
let db: Kysely<Database>;
let server: Receiver;
let mail: Awaited<ReturnType<typeof startMailServer>>;
let mailer: Mailer;
let deliverers: Deliverer[] = [];

beforeAll(async () => {
  [store, server, mail] = await Promise.all([openTestStore(), startReceiver(), startMailServer()]);
  db = store.db;
  mailer = createMailer(mail.url, "alerts@bank.example", logger);
});
afterAll(async () => {
  mailer?.close();
  await Promise.all([store?.close(), server?.stop(), mail?.stop()]);
});
beforeEach(async () => {
  await emptyLedger(db);
  await sql`update alert_settings set quiet_from = null, quiet_until = null, escalate_minutes = null, escalate_to = null, group_seconds = 60`.execute(
    db,
  );
  await sql`delete from alert_channels`.execute(db);
  await sql`delete from alert_conditions`.execute(db);
  server.received.length = 0;
  server.answers(200);
  mail.letters.length = 0;
});
afterEach(async () => {
  await Promise.all(deliverers.map((each) => each.stop()));
  deliverers = [];
});

function deliver(publicUrl: string | undefined = CONSOLE): Deliverer {
  const deliverer = startDeliverer({
    ...{ db, logger, pollMs: 20, secrets: async () => secrets },
    send: (message, target) =>
      sendAlerts(
        {
          ...{ allowed: readAllowed("127.0.0.1"), mailer, mailFrom: "alerts@bank.example", publicUrl },
          pushKeys: () => readPushKeys(db, secrets),
        },
        message,
        target,
      ),
  });
  deliverers.push(deliverer);
  return deliverer;
}
const raise = (alert: NewAlert): Promise<number | null> =>
  db.transaction().execute((trx) => raiseAlert(trx, alert));
const resolve = (kind: AlertKind, subject = ""): Promise<boolean> =>
  db.transaction().execute((trx) => resolveAlert(trx, kind, subject, "all is well"));
const webhook = (path: string, secret = makeSecret()): ChannelTarget => ({
  kind: "webhook",
  url: `${server.url}${path}`,
  secret,
});
const add = (name: string, target: ChannelTarget, wish = {}): Promise<number> =>
  addChannel(db, secrets, ANN, name, target, { wish: { ...USUAL_CHANNEL, ...wish } });
const messages = () => db.selectFrom("alert_messages").selectAll().orderBy("created_at").execute();
const allSent = async (): Promise<boolean> =>
  (await messages()).every(({ state }) => state !== "waiting" && state !== "sending");
interface Told {
  readonly alerts: readonly { readonly kind: string; readonly event: string; readonly link: string }[];
}
const toldAt = (path: string): string[] =>
  server.received
    .filter((one) => one.path === path)
    .map(({ body }) =>
      (JSON.parse(body.toString()) as { data: Told }).data.alerts
        .map(({ kind, event }) => `${kind} ${event}`)
        .join(", "),
    );

describe("each kind of alert", () => {
  test.each(ALERT_KIND_NAMES)("%s reaches a real server, signed, once, and is over", async (kind) => {
    const secret = makeSecret();
    await add("ops", webhook("/hook", secret));
    expect(await raise({ kind, subject: "one", body: "as it is", value: 7 })).not.toBeNull();
    // The same again is the same alert.
    expect(await raise({ kind, subject: "one", body: "as it is" })).toBeNull();
    deliver();
    deliver();
    await eventually(allSent);
    expect(toldAt("/hook")).toEqual([`${kind} fired`]);
    const [{ headers, body } = never()] = server.received;
    const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": said } = headers;
    const signed = createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(
      `${id}.${time}.${body}`,
    );
    expect(said).toBe(`v1,${signed.digest("base64")}`);
    const { data } = JSON.parse(body.toString()) as { data: Told };
    expect(data.alerts[0]?.link).toMatch(/^https:\/\/fraud\.bank\.example\//);
    expect(data.alerts[0]).toMatchObject({ body: "as it is", value: 7 });

    await sql`update alert_messages set slot_at = slot_at - interval '2 minutes'`.execute(db);
    expect(await resolve(kind, "one")).toBe(true);
    await eventually(async () => server.received.length === 2 && (await allSent()));
    expect(toldAt("/hook")[1]).toBe(`${kind} resolved`);
  });
});

describe("each channel", () => {
  const CASE: NewAlert = {
    ...{ kind: "case_escalated", subject: "case:17", title: "Case 17 is <late> *now*" },
    ...{ body: "High, 12.50 EUR", link: "/reviews/17" },
  };
  const bodyOf = (): unknown => JSON.parse(server.received[0]!.body.toString());

  test("Slack: text, blocks and a link; what is in a name is no markup", async () => {
    await add("slack", { kind: "slack", url: `${server.url}/slack` });
    await raise(CASE);
    deliver();
    await eventually(allSent);
    const body = bodyOf() as { text: string; blocks: { text?: { type: string } }[] };
    expect(body.text).toBe("WARNING: Case 17 is &lt;late&gt; *now*");
    expect(body.blocks[0]?.text?.type).toBe("plain_text");
    expect(JSON.stringify(body.blocks)).toContain(`<${CONSOLE}/reviews/17|Open>`);
  });
  test("Teams: one Adaptive Card with a button, text without Markdown", async () => {
    await add("teams", { kind: "teams", url: `${server.url}/teams` });
    await raise(CASE);
    deliver();
    await eventually(allSent);
    expect(bodyOf()).toMatchObject({
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          content: {
            type: "AdaptiveCard",
            body: [{ type: "RichTextBlock", inlines: [{ text: "WARNING: Case 17 is <late> *now*" }] }, {}],
            actions: [{ type: "Action.OpenUrl", url: `${CONSOLE}/reviews/17` }],
          },
        },
      ],
    });
  });
  test("e-mail, through a mail server, with an id of its own", async () => {
    await add("mail", { kind: "email", to: "oncall@bank.example" });
    await raise(CASE);
    deliver();
    await eventually(allSent);
    expect(mail.letters).toHaveLength(1);
    const [{ message_id: id } = never()] = await messages();
    expect(mail.letters[0]).toContain(`Message-ID: <${id}@bank.example>`);
    expect(mail.letters[0]).toContain("Subject: PaySecure WARNING: Case 17 is <late> *now*");
    expect(mail.letters[0]).toContain(`${CONSOLE}/reviews/17`);
    expect((await messages())[0]?.said).toMatch(/^250 /);
  });
  test("a text message: who and what, with the provider's token", async () => {
    await add("sms", { kind: "sms", url: `${server.url}/sms`, to: "+33612345678", token: "provider-token" });
    await raise(CASE);
    deliver();
    await eventually(allSent);
    expect(bodyOf()).toEqual({
      to: "+33612345678",
      text: `PaySecure WARNING: Case 17 is <late> *now*. High, 12.50 EUR ${CONSOLE}/reviews/17`,
    });
    expect(server.received[0]?.headers.authorization).toBe("Bearer provider-token");
  });
  test("a browser reads its push and nobody else does; one that unsubscribed is told nothing more", async () => {
    const browser = startBrowser();
    const { user_id: userId } = await db
      .insertInto("users")
      .values({ name: "pia", role: "manager" })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ role: "manager" }))
      .returning("user_id")
      .executeTakeFirstOrThrow();
    await pushPublicKey(db, secrets);
    const target: ChannelTarget = { kind: "push", endpoint: `${server.url}/push/1`, keys: browser.keys };
    await addChannel(db, secrets, ANN, "pia's browser", target, { userId });
    await raise(CASE);
    deliver();
    await eventually(allSent);
    const [{ headers, body } = never()] = server.received;
    expect(headers["content-encoding"]).toBe("aes128gcm");
    expect(headers.authorization).toMatch(/^vapid t=.+, k=.+/);
    expect(body.toString("latin1")).not.toContain("Case 17");
    expect(JSON.parse(browser.decrypt(body))).toMatchObject({
      title: "WARNING: Case 17 is <late> *now*",
      link: "/reviews/17",
    });
    expect(() => startBrowser().decrypt(body)).toThrow();

    server.answers(410);
    await raise({ ...CASE, subject: "case:18" });
    await sql`update alert_messages set due_at = now()`.execute(db);
    await eventually(async () => (await listChannels(db)).every(({ enabled }) => !enabled));
    expect((await listChannels(db))[0]?.disabledWhy).toBe("the browser unsubscribed");
  });
  test("a browser of somebody who may not read alerts any more is told nothing", async () => {
    const { user_id: userId } = await db
      .insertInto("users")
      .values({ name: "vic", role: "viewer" })
      .returning("user_id")
      .executeTakeFirstOrThrow();
    await pushPublicKey(db, secrets);
    const { keys } = startBrowser();
    await addChannel(
      db,
      secrets,
      ANN,
      "vic's",
      { kind: "push", endpoint: `${server.url}/p`, keys },
      { userId },
    );
    await raise(CASE);
    deliver();
    await eventually(async () => (await messages())[0]?.state === "failed");
    expect(server.received).toEqual([]);
  });
});

describe("pace", () => {
  test("what comes within the window leaves as one message, and what was told began is told to be over", async () => {
    await add("ops", webhook("/hook"));
    await setAlertSettings(db, ANN, { ...(await readAlertSettings(db)), groupSeconds: 2 });
    deliver();
    await raise({ kind: "disk_full", body: "91 %" });
    await eventually(() => server.received.length === 1);
    await raise({ kind: "scorer_away", body: "does not answer" });
    await raise({ kind: "redis_memory", body: "99 %" });
    await resolve("disk_full");
    await eventually(allSent);
    expect(toldAt("/hook")).toEqual([
      "disk_full fired",
      "scorer_away fired, redis_memory fired, disk_full resolved",
    ]);
  });

  test("no more leave in an hour than the channel takes; the rest waits together, and none is lost", async () => {
    await add("ops", webhook("/hook"), { perHour: 2 });
    await setAlertSettings(db, ANN, { ...(await readAlertSettings(db)), groupSeconds: 0 });
    deliver();
    for (let i = 0; i < 6; i++) {
      await raise({ kind: "webhook_disabled", subject: `webhook:${i}`, body: "" });
      await eventually(async () => server.received.length >= Math.min(2, i + 1));
    }
    const waiting = (await messages()).filter(({ state }) => state === "waiting");
    expect(waiting).toHaveLength(1);
    expect(waiting[0]!.due_at.getTime() - Date.now()).toBeGreaterThan(50 * 60_000);
    const { n } = await db
      .selectFrom("alert_notices")
      .select((eb) => eb.fn.countAll<number>().as("n"))
      .where("message_id", "=", waiting[0]!.message_id)
      .executeTakeFirstOrThrow();
    expect([server.received.length, n]).toEqual([2, 4]);
  });

  test("in quiet hours only what is critical leaves; the rest when they are over", async () => {
    await add("ops", webhook("/hook"));
    const clock = (hours: number): string =>
      new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    await setAlertSettings(db, ANN, {
      ...(await readAlertSettings(db)),
      quiet: { from: clock(-1), until: clock(2), timeZone: "UTC" },
    });
    deliver();
    await raise({ kind: "dead_letters", body: "3" });
    await raise({ kind: "scorer_away", body: "does not answer" });
    await raise({ kind: "volume", body: "none" });
    await eventually(() => server.received.length === 1);
    expect(toldAt("/hook")).toEqual(["scorer_away fired"]);
    const held = (await messages()).filter(({ state }) => state === "waiting");
    expect(held).toHaveLength(1);
    expect(held[0]!.due_at.getTime() - Date.now()).toBeGreaterThan(100 * 60_000);
    await sql`update alert_messages set due_at = now() where state = 'waiting'`.execute(db);
    await eventually(allSent);
    expect(toldAt("/hook")[1]).toBe("dead_letters fired, volume fired");
  });

  test("what nobody acknowledges in time is told to somebody else, once; what somebody has is not", async () => {
    await add("ops", webhook("/hook"));
    const boss = await add("boss", webhook("/boss"), { byDefault: false, severity: "critical" });
    await setAlertSettings(db, ANN, {
      ...(await readAlertSettings(db)),
      escalation: { minutes: 5, channelId: boss },
    });
    const settings = await readAlertSettings(db);
    const mine = await raise({ kind: "dead_letters", body: "3" });
    await raise({ kind: "volume", body: "none" });
    expect(await escalateAlerts(db, settings)).toBe(0);
    await acknowledgeAlert(db, ANN, mine!);
    await expect(acknowledgeAlert(db, ANN, mine!)).rejects.toThrow("somebody has it");
    await sql`update alerts set fired_at = fired_at - interval '6 minutes'`.execute(db);
    expect(await escalateAlerts(db, settings)).toBe(1);
    expect(await escalateAlerts(db, settings)).toBe(0);
    deliver();
    await eventually(allSent);
    expect(toldAt("/boss")).toEqual(["volume escalated"]);
    // Who was told of it is told that it is over.
    await sql`update alert_messages set slot_at = slot_at - interval '2 minutes'`.execute(db);
    await resolve("volume");
    await eventually(allSent);
    expect(toldAt("/boss")).toEqual(["volume escalated", "volume resolved"]);
    await expect(removeChannel(db, ANN, boss)).rejects.toThrow("nobody acknowledges go there");
  });
});

describe("who is told", () => {
  test("a condition's own channels, those that want as little, and nobody of what is switched off", async () => {
    await add("everything", webhook("/all"));
    await add("critical", webhook("/critical"), { severity: "critical" });
    const dba = await add("dba", webhook("/dba"), { byDefault: false });
    const usual = await readConditions(db);
    await setCondition(db, ANN, "redis_memory", { ...usual.redis_memory, channels: [dba] });
    await setCondition(db, ANN, "volume", { ...usual.volume, enabled: false });
    await expect(setCondition(db, ANN, "disk_full", { ...usual.disk_full, threshold: 400 })).rejects.toThrow(
      "threshold",
    );
    await expect(
      setCondition(db, ANN, "disk_full", { ...usual.disk_full, channels: [999_999] }),
    ).rejects.toThrow("no channel");
    await raise({ kind: "redis_memory", body: "" });
    await raise({ kind: "volume", body: "" });
    await raise({ kind: "dead_letters", body: "" });
    await raise({ kind: "scorer_away", body: "" });
    deliver();
    await sql`update alert_messages set due_at = now()`.execute(db);
    await eventually(allSent);
    expect(toldAt("/dba")).toEqual(["redis_memory fired"]);
    expect(toldAt("/critical")).toEqual(["scorer_away fired"]);
    expect(toldAt("/all")).toEqual(["dead_letters fired, scorer_away fired"]);
  });

  test("an alert whose kind is switched off, whose case is decided, or that happened a day ago, is over", async () => {
    const usual = await readConditions(db);
    await raise({ kind: "disk_full", body: "" });
    await raise({ kind: "webhook_disabled", subject: "webhook:1", body: "" });
    await raise({ kind: "case_escalated", subject: "case:1", body: "" });
    await raise({ kind: "scorer_away", body: "" });
    await sql`update alerts set fired_at = now() - interval '25 hours'`.execute(db);
    await endAlerts(db, { ...usual, disk_full: { ...usual.disk_full, enabled: false } });
    const left = await db.selectFrom("alerts").select("kind").where("state", "<>", "resolved").execute();
    expect(left.map(({ kind }) => kind).toSorted()).toEqual(["case_escalated", "scorer_away"]);
  });
});

describe("servers that do not take it", () => {
  test("are tried again under the same id, and hold up nobody else", async () => {
    await add("bad", { kind: "slack", url: `${server.url}/bad` });
    await add("none", { kind: "slack", url: "http://127.0.0.1:1/" });
    const good = await startReceiver();
    await add("good", { kind: "slack", url: `${good.url}/good` });
    server.answers("silence");
    await raise({ kind: "disk_full", body: "91 %" });
    deliver();
    await eventually(() => good.received.length === 1 && server.received.length === 1);
    await eventually(async () => (await messages()).some(({ said }) => said === "nothing listens there"));
    server.answers(503);
    await eventually(async () => (await messages()).every(({ state }) => state !== "sending"));
    await sql`update alert_messages set due_at = now()`.execute(db);
    await eventually(async () => (await messages()).some(({ status }) => status === 503));
    server.answers(200);
    await eventually(async () => {
      await sql`update alert_messages set due_at = now() where said = 'not today'`.execute(db);
      return (await messages()).filter(({ state }) => state === "sent").length === 2;
    });
    const ids = new Set(server.received.map(({ headers }) => headers["webhook-id"]));
    expect(server.received.length).toBeGreaterThanOrEqual(3);
    expect(ids.size).toBe(1);
    await good.stop();
  });

  test("are given up after a day, with an alert to the other channels", async () => {
    const bad = await add("bad", { kind: "slack", url: "http://127.0.0.1:1/" });
    await add("good", webhook("/good"));
    await raise({ kind: "disk_full", body: "91 %" });
    await sql`update alert_messages set created_at = created_at - interval '25 hours', slot_at = slot_at - interval '25 hours'`.execute(
      db,
    );
    deliver();
    await eventually(allSent);
    const states = (await messages())
      .filter(({ channel_id }) => channel_id === bad)
      .map(({ state }) => state);
    expect(states).toEqual(["failed"]);
    await eventually(() => toldAt("/good").length === 2);
    expect(toldAt("/good").toSorted()).toEqual(["channel_failing fired", "disk_full fired"]);
  });

  test("nobody inside the network is reached that the operator does not allow", async () => {
    await add("inside", { kind: "slack", url: "http://10.1.2.3/hook" });
    await raise({ kind: "disk_full", body: "" });
    deliver();
    await eventually(async () => ((await messages())[0]?.said ?? "") !== "");
    expect((await messages())[0]?.said).toContain("inside this network");
  });
});

test("what is rolled back is told to nobody", async () => {
  await add("ops", webhook("/hook"));
  await expect(
    db.transaction().execute(async (trx) => {
      await raiseAlert(trx, { kind: "disk_full", body: "" });
      throw new Error("rolled back");
    }),
  ).rejects.toThrow("rolled back");
  expect(await messages()).toEqual([]);
});

test("two workers send each of many messages once", async () => {
  await setAlertSettings(db, ANN, { ...(await readAlertSettings(db)), groupSeconds: 0 });
  for (let i = 0; i < 5; i++) await add(`ops ${i}`, webhook(`/hook/${i}`), { perHour: 3_600 });
  deliver();
  deliver();
  deliver();
  for (let i = 0; i < 10; i++) await raise({ kind: "webhook_disabled", subject: `webhook:${i}`, body: "" });
  await eventually(allSent);
  const told = server.received.flatMap(({ path, body }) =>
    (JSON.parse(body.toString()) as { data: { alerts: { alert_id: number }[] } }).data.alerts.map(
      ({ alert_id }) => `${path} ${alert_id}`,
    ),
  );
  expect(told).toHaveLength(50);
  expect(new Set(told).size).toBe(50);
  const ids = server.received.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a test message is sent at once, tells what the server said, and is not tried twice", async () => {
  const id = await add("ops", webhook("/hook"));
  server.answers(403);
  deliver();
  const sent = await testChannel(db, ANN, id);
  await eventually(allSent);
  expect((await messages())[0]).toMatchObject({
    message_id: sent,
    state: "failed",
    status: 403,
    said: "not today",
  });
  await changeChannel(db, ANN, id, { ...USUAL_CHANNEL, enabled: false });
  await expect(testChannel(db, ANN, id)).rejects.toThrow("switched off");
});

test("addresses and secrets lie sealed in the store, and not in the audit log", async () => {
  const secret = makeSecret();
  await add("ops", { kind: "webhook", url: "https://hooks.example/T0/very-secret-token", secret });
  const rows = await sql<{ row: string }>`
    select row::text from alert_channels as row union all select row::text from audit_log as row`.execute(db);
  const text = JSON.stringify(rows.rows);
  expect(text).toContain("hooks.example");
  expect(text).not.toContain("very-secret-token");
  expect(text).not.toContain(secret.slice(6));
  await expect(add("ops", webhook("/again"))).rejects.toThrow("already");
  await expect(add("x", { kind: "slack", url: "ftp://x" })).rejects.toThrow("http");
  await expect(add("x", { kind: "email", to: "a@b, c@d" })).rejects.toThrow("e-mail");
  await expect(add("x", { kind: "sms", url: server.url, to: "0612" })).rejects.toThrow("country");
});

function never(): never {
  throw new Error("nothing was received");
}
