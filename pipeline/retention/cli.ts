import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import { loadRetentionConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { type KeepingPlan, keepAndDrop, readKeepingPlan } from "./plan.ts";

const USAGE = `npm run retention [-- plan]       what would be dropped and redacted now, and what keeps the rest
npm run retention -- run --yes    … does it, as a worker does by itself every minute
`;

/** `npm run retention`: what is too old goes, and what is old enough is redacted. */
await runOrSayUsage(USAGE, run);

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { yes: { type: "boolean", default: false }, "dry-run": { type: "boolean", default: false } },
  });
  const [command = "plan", ...rest] = positionals;
  if (rest.length > 0 || !["plan", "run"].includes(command)) throw new UsageError("");
  const config = configOrExit(loadRetentionConfig);
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("retention", "warn"), 1);
  const keeping = { retentionDays: config.RETENTION_DAYS, redactAfterDays: config.REDACT_AFTER_DAYS };
  try {
    if (command === "plan" || values["dry-run"] || !values.yes) {
      tellPlan(await readKeepingPlan(db, keeping));
      if (command === "run" && !values["dry-run"]) say("nothing was done: say --yes to do it");
      return;
    }
    const { months, aged, redacted } = await keepAndDrop(db, keeping, randomUUID(), { actor: operator() });
    for (const { from, decisions, keptBecause } of months) {
      say(
        `${monthOf(from)}: ${decisions} decisions, ${keptBecause === null ? "dropped" : `stay: ${keptBecause}`}`,
      );
    }
    for (const { rows, title } of aged) say(`${rows} ${title}, dropped`);
    say(
      `redacted: ${redacted.decisions} decisions, ${redacted.imported} imported payments, ${redacted.deadLetters} dead letters`,
    );
  } finally {
    await db.destroy();
  }
}

function tellPlan({ months, aged, redaction, retentionDays, redactAfterDays }: KeepingPlan): void {
  for (const { from, decisions, expired, goesAt, keptBecause } of months) {
    const what = !expired
      ? `go on ${goesAt.toISOString().slice(0, 10)}`
      : keptBecause === null
        ? "would go now"
        : `stay: ${keptBecause}`;
    say(`${monthOf(from)}: ${decisions} decisions, ${what}`);
  }
  for (const { rows, title } of aged) say(`${rows} ${title}, would go now`);
  say(`kept for ${retentionDays} days (RETENTION_DAYS)`);
  if (!redaction) {
    say("nothing is redacted for its age (REDACT_AFTER_DAYS is not set)");
    return;
  }
  const { decisions, imported, deadLetters, left, more } = redaction;
  say(`redacted after ${redactAfterDays} days (REDACT_AFTER_DAYS); now it would be:`);
  say(
    `  ${decisions}${more ? " or more" : ""} decisions, ${imported} imported payments, ${deadLetters} dead letters`,
  );
  if (left > 0) say(`  ${left} decisions stay as they are: held, or with an open case`);
}

function monthOf(from: Date): string {
  return from.toISOString().slice(0, 7);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
