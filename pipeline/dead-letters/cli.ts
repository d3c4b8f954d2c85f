import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import { loadAuditConfig } from "../store/config.ts";
import type { Database, DeadLetterState } from "../store/schema.ts";
import { countByReason, type DeadLetter, listDeadLetters, readDeadLetter } from "./letters.ts";
import { cannotRedrive, discard, discardAll, redrive, redriveAll } from "./redrive.ts";

const STATES: readonly DeadLetterState[] = ["waiting", "redriven", "discarded"];
const USAGE = `npm run dead-letters                                    how many wait, by reason
npm run dead-letters -- list [--reason R] [--state ${STATES.join("|")}] [--limit 50] [--before ID]
npm run dead-letters -- show ID                          everything known of one, its payload as JSON
npm run dead-letters -- redrive ID [--mended FILE]       hands it in again, as it came or as the file says
npm run dead-letters -- redrive --reason R | --all       … all that can be as they came
npm run dead-letters -- discard ID | --reason R | --all  puts aside for good
`;

/** `npm run dead-letters`: what could not be decided, seen and put right. */
await runOrSayUsage(USAGE, run);

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      reason: { type: "string" },
      state: { type: "string", default: "waiting" },
      limit: { type: "string", default: "50" },
      before: { type: "string" },
      mended: { type: "string" },
      all: { type: "boolean", default: false },
    },
  });
  const [command = "count", subject, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError("");
  if (!STATES.some((state) => state === values.state))
    throw new UsageError(`no state ${values.state}: ${STATES.join(", ")}`);
  const id = subject === undefined ? undefined : numberOf(subject, "a dead letter's number");
  const mended = values.mended === undefined ? undefined : readMended(values.mended);
  const many = values.all ? {} : values.reason === undefined ? undefined : { reason: values.reason };
  const config = configOrExit(loadAuditConfig);
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("dead-letters", "warn"), 1);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  try {
    if (command === "count" && id === undefined) {
      const counts = await countByReason(db);
      for (const { reason, count, oldest } of counts)
        say(`${count}  ${reason}  the oldest of ${oldest.toISOString()}`);
      if (counts.length === 0) say("no dead letters wait");
    } else if (command === "list" && id === undefined) {
      const { items, nextBefore } = await listDeadLetters(
        db,
        {
          state: values.state as DeadLetterState,
          ...(values.reason === undefined ? {} : { reason: values.reason }),
        },
        {
          limit: numberOf(values.limit, "--limit"),
          ...(values.before === undefined ? {} : { before: numberOf(values.before, "--before") }),
        },
      );
      for (const letter of items) say(lineOf(letter));
      if (nextBefore !== null) say(`older ones: --before ${nextBefore}`);
    } else if (command === "show" && id !== undefined) {
      const letter = await readDeadLetter(db, id);
      say(lineOf(letter));
      if (letter.handledBy)
        say(`${letter.state} by ${letter.handledBy.name}, ${letter.handledAt?.toISOString()}`);
      const why = letter.state === "waiting" ? cannotRedrive(letter) : undefined;
      if (why !== undefined) say(why);
      say(JSON.stringify(letter.mended ?? letter.payload, null, 2));
    } else if (command === "redrive" && id !== undefined) {
      await redrive(db, operator(), id, mended);
      say(`dead letter ${id} is handed in again`);
    } else if (command === "discard" && id !== undefined) {
      await discard(db, operator(), id);
      say(`dead letter ${id} is put aside`);
    } else if ((command === "redrive" || command === "discard") && many && mended === undefined) {
      const all = command === "redrive" ? redriveAll : discardAll;
      const { handled, left } = await all(db, operator(), many, (count) => {
        process.stderr.write(`${count} so far\n`);
        return true;
      });
      const did = command === "redrive" ? "handed in again" : "put aside";
      say(
        `${handled} ${did}${left > 0 ? `; ${left} wait on: not kept as they came, to be put right one by one` : ""}`,
      );
    } else throw new UsageError("");
  } finally {
    await db.destroy();
  }
}

function lineOf({ id, at, reason, queue, source, transactionId, error, altered }: DeadLetter): string {
  const what = `${id}  ${at.toISOString()}  ${reason}  ${queue}/${source ?? "-"}  ${transactionId ?? "-"}`;
  return `${what}  ${error}${altered ? "  (not kept as it came)" : ""}`;
}

function numberOf(text: string, what: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new UsageError(`${what} is a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

function readMended(file: string): object {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new DomainError("invalid_argument", `${file}: ${messageOf(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DomainError("invalid_argument", `${file}: not a JSON object`);
  }
  return value;
}
