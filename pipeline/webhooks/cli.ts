import { parseArgs } from "node:util";
import { DELIVERY_STATES, WEBHOOK_EVENT_NAMES } from "../../domain/webhooks.ts";
import { dataDir } from "../../platform/process/config.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import { openSecretBox } from "../accounts/secret-box.ts";
import type { Database } from "../store/schema.ts";
import { loadWebhooksConfig } from "./config.ts";
import {
  listDeliveries,
  replayDelivery,
  replayFailed,
  sendTest,
  type WebhookDelivery,
} from "./deliveries.ts";
import {
  addEndpoint,
  disableEndpoint,
  enableEndpoint,
  listEndpoints,
  removeEndpoint,
  rotateSecret,
  type WebhookStore,
} from "./endpoints.ts";

const USAGE = `npm run webhooks -- add URL --events A,B [--tiers high,critical] [--description TEXT]   prints the secret, once
npm run webhooks -- list
npm run webhooks -- log ID [--state ${DELIVERY_STATES.join("|")}] [--before DELIVERY]   what was sent, the newest first
npm run webhooks -- test ID                        sends a message that says nothing
npm run webhooks -- replay DELIVERY                sends a message again, under its id
npm run webhooks -- replay --endpoint ID --since 2026-11-27T10:00Z    … all that failed since
npm run webhooks -- enable|disable ID
npm run webhooks -- rotate ID                      prints another secret; both sign for 24 hours
npm run webhooks -- remove ID                      with its log
  events: ${WEBHOOK_EVENT_NAMES.join(", ")}
`;

interface Options {
  readonly events?: string | undefined;
  readonly tiers?: string | undefined;
  readonly description?: string | undefined;
  readonly state?: string | undefined;
  readonly before?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly since?: string | undefined;
}

async function run(): Promise<void> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ events: text, tiers: text, description: text },
      ...{ state: text, before: text, endpoint: text, since: text },
    },
  });
  const [command = "", subject, ...rest] = positionals;
  const act = COMMANDS[command];
  if (!act || rest.length > 0) throw new UsageError("");
  const config = configOrExit(loadWebhooksConfig);
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("webhooks", "warn"), 1);
  try {
    const secrets = await openSecretBox(dataDir(), config.SECRET_KEY);
    await act({ db, secrets, allowed: config.OUTGOING_ALLOW }, subject, values);
  } finally {
    await db.destroy();
  }
}

type Command = (store: WebhookStore, subject: string | undefined, options: Options) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  add: async (store, url, { events = "", tiers = "", description = "" }) => {
    if (url === undefined) throw new UsageError("");
    const wish = { url, description, events: parts(events), tiers: parts(tiers) };
    const { endpoint, secret } = await addEndpoint(store, operator(), wish);
    say(`endpoint ${endpoint.id}`);
    say(secret);
  },
  list: async ({ db }) => {
    const endpoints = await listEndpoints(db);
    for (const { id, url, state, events, tiers, disabledWhy, failingSince, owner } of endpoints) {
      const how = state === "disabled" ? `disabled (${disabledWhy})` : "enabled";
      const fails = failingSince ? `  fails since ${failingSince.toISOString()}` : "";
      say(
        `${id}  ${url}  ${how}${fails}  ${events.join(",")}${tiers ? `  of ${tiers.join(",")}` : ""}  by ${owner.name}`,
      );
    }
    if (endpoints.length === 0) say("no endpoints");
  },
  log: async ({ db }, id, { state, before }) => {
    const known = DELIVERY_STATES.find((each) => each === state);
    if (state !== undefined && known === undefined) throw new UsageError(`no state ${state}`);
    const { items, nextBefore } = await listDeliveries(db, numberOf(id), {
      ...(known ? { state: known } : {}),
      ...(before === undefined ? {} : { before: numberOf(before) }),
    });
    for (const each of items) say(lineOf(each));
    if (nextBefore !== null) say(`more: --before ${nextBefore}`);
  },
  test: async ({ db }, id) => {
    say(`delivery ${await sendTest(db, operator(), numberOf(id))} leaves with the next look of a worker`);
  },
  replay: async ({ db }, delivery, { endpoint, since }) => {
    if (delivery !== undefined) {
      await replayDelivery(db, operator(), numberOf(delivery));
      return say(`delivery ${delivery} is sent again`);
    }
    const moment = new Date(since ?? "");
    if (Number.isNaN(moment.getTime())) throw new UsageError("--since must be a moment: 2026-11-27T10:00Z");
    say(`${await replayFailed(db, operator(), numberOf(endpoint), moment)} are sent again`);
  },
  enable: async ({ db }, id) => {
    const { url } = await enableEndpoint(db, operator(), numberOf(id));
    say(`${url} is enabled`);
  },
  disable: async ({ db }, id) => {
    const { url } = await disableEndpoint(db, operator(), numberOf(id));
    say(`${url} is disabled`);
  },
  rotate: async (store, id) => {
    const { secret } = await rotateSecret(store, operator(), numberOf(id));
    say(secret);
  },
  remove: async ({ db }, id) => {
    await removeEndpoint(db, operator(), numberOf(id));
    say(`endpoint ${id} is removed`);
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function parts(list: string): string[] {
  return list
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function numberOf(text: string | undefined): number {
  if (text === undefined) throw new UsageError("");
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`${text} is no number of an endpoint or delivery`);
  return Number(text);
}

function lineOf({ id, event, state, attempts, nextAt, lastStatus, lastSaid }: WebhookDelivery): string {
  const next = nextAt ? `  next ${nextAt.toISOString()}` : "";
  const answer = attempts === 0 ? "" : `  ${lastStatus ?? "no answer"} ${(lastSaid ?? "").slice(0, 80)}`;
  return `${id}  ${event}  ${state} after ${attempts}${next}${answer}`;
}

/** `npm run webhooks`: who is told of decisions, cases and verdicts. */
await runOrSayUsage(USAGE, run);
