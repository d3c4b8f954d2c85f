import { parseArgs } from "node:util";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import { loadStoreConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { acknowledgeAlert } from "./acknowledge.ts";
import { listChannels, testChannel } from "./channels.ts";
import { awaitMessage, type ListedAlert, listOpenAlerts, listPastAlerts } from "./lists.ts";

const USAGE = `npm run alerts                                what fires now
npm run alerts -- list [--past] [--limit 50] [--before ID]
npm run alerts -- ack ID                      somebody has it
npm run alerts -- channels                    where alerts go
npm run alerts -- test CHANNEL                a test message by a channel's name or number, and what its server said
`;

/** A worker sends a test within a second; a server has eight to answer. */
const TEST_LIMIT_MS = 15_000;

/** `npm run alerts`: what fires, and where it is told. */
await runOrSayUsage(USAGE, run);

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      past: { type: "boolean", default: false },
      limit: { type: "string", default: "50" },
      before: { type: "string" },
    },
  });
  const [command = "list", subject, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError("");
  const config = configOrExit(loadStoreConfig);
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("alerts", "warn"), 1);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  try {
    if (command === "list" && subject === undefined) {
      const list = values.past ? listPastAlerts : listOpenAlerts;
      const limit = Math.min(500, numberOf(values.limit, "--limit"));
      const before = values.before === undefined ? undefined : numberOf(values.before, "--before");
      const { items, nextBefore } = await list(db, { limit, before });
      for (const alert of items) say(lineOf(alert));
      if (items.length === 0) say(values.past ? "nothing was" : "nothing fires");
      if (nextBefore !== null) say(`older ones: --before ${nextBefore}`);
    } else if (command === "ack" && subject !== undefined) {
      const id = numberOf(subject, "an alert's number");
      await acknowledgeAlert(db, operator(), id);
      say(`alert ${id} is acknowledged`);
    } else if (command === "channels" && subject === undefined) {
      const channels = await listChannels(db);
      for (const { id, kind, name, hint, enabled, byDefault, severity, perHour, disabledWhy } of channels) {
        const gets = byDefault ? `everything from ${severity}` : "what conditions or escalation send";
        const off = enabled ? "" : `  switched off${disabledWhy === null ? "" : `: ${disabledWhy}`}`;
        say(`${id}  ${kind}  ${name}  ${hint}  ${gets}, ${perHour} an hour${off}`);
      }
      if (channels.length === 0) say("no channels: alerts go to the log and the page");
    } else if (command === "test" && subject !== undefined) {
      const channel = (await listChannels(db)).find(
        ({ id, name }) => name === subject || String(id) === subject,
      );
      if (!channel) throw new UsageError(`there is no channel ${subject}`);
      const message = await awaitMessage(db, await testChannel(db, operator(), channel.id), TEST_LIMIT_MS);
      const said = [message.status, message.said].filter((part) => part !== null && part !== "").join(" ");
      if (message.state === "sent") say(`sent; its server said: ${said}`);
      else {
        say(message.state === "failed" ? `not sent: ${said}` : "no worker has sent it so far: does one run?");
        process.exitCode = 1;
      }
    } else throw new UsageError("");
  } finally {
    await db.destroy();
  }
}

function lineOf({ id, firedAt, severity, state, title, body, acknowledgedBy }: ListedAlert): string {
  const who = acknowledgedBy ? ` by ${acknowledgedBy.name}` : "";
  return `${id}  ${firedAt.toISOString()}  ${severity}  ${state}${who}  ${title}  ${body}`;
}

function numberOf(text: string, what: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new UsageError(`${what} is a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}
