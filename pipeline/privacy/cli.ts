import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import type { Kysely } from "kysely";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import { listProposals } from "../accounts/approvals.ts";
import { loadAuditConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { decideErasure, listErasures, proposeErasure } from "./erasures.ts";
import { findSubject } from "./find.ts";
import { type Held, liftHold, listHolds, putHold } from "./holds.ts";
import { parseSubject } from "./subject.ts";
import { takeOut } from "./take-out.ts";

const USAGE = `npm run privacy -- find --entity customer=ID                       how much there is of somebody
npm run privacy -- export --entity customer=ID --out FILE          … all of it, as JSON
npm run privacy -- erase --entity customer=ID --reason R [--yes]   asks for it to be erased; without --yes says what would go
npm run privacy -- erasures                                        what was asked for, and what became of it
npm run privacy -- agree | refuse ERASURE                          the second person's word; a worker does it then
npm run privacy -- hold --entity customer=ID | --case N | --from DAY --to DAY  --reason R
npm run privacy -- holds
npm run privacy -- lift HOLD --reason R
An entity is a name of a payment's entities, or card (by its token) or merchant.
`;

type Values = Readonly<Partial<Record<"entity" | "out" | "reason" | "case" | "from" | "to", string>>> & {
  readonly yes: boolean;
};

async function run(): Promise<void> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ entity: text, out: text, reason: text, case: text, from: text, to: text },
      yes: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
    },
  });
  const [command = "", subject, ...rest] = positionals;
  const does = COMMANDS[command];
  if (!does || rest.length > 0) throw new UsageError("");
  const config = configOrExit(loadAuditConfig);
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("privacy", "warn"), 1);
  try {
    await does(db, { ...values, yes: values.yes && !values["dry-run"] }, subject);
  } finally {
    await db.destroy();
  }
}

type Command = (db: Kysely<Database>, values: Values, subject: string | undefined) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  find: async (db, { entity }) => await tellFound(db, wanted(entity, "--entity")),
  export: async (db, { entity, out }) => {
    const subject = parseSubject(wanted(entity, "--entity"));
    const file = createWriteStream(wanted(out, "--out"), { flags: "wx", mode: 0o600 });
    await once(file, "open");
    for await (const piece of takeOut(db, subject, operator()))
      if (!file.write(piece)) await once(file, "drain");
    file.end();
    await once(file, "finish");
    say(`written to ${out}, for its owner to read alone`);
  },
  erase: async (db, { entity, reason, yes }) => {
    const named = wanted(entity, "--entity");
    await tellFound(db, named);
    if (!yes) return say("nothing was asked for: say --yes, and --reason, to ask a second person");
    const id = await proposeErasure(db, parseSubject(named), wanted(reason, "--reason"), operator());
    say(`erasure ${id} waits for a second person: the console's page Privacy, or agree ${id}`);
  },
  erasures: async (db) => {
    for (const { id, entity, state, askedBy, askedAt, reason, result } of await listErasures(db)) {
      say(
        `${id}  ${state}  a ${entity}, asked by ${askedBy.name}, ${askedAt.toISOString()}: ${reason}${result ? `  ${JSON.stringify(result)}` : ""}`,
      );
    }
  },
  agree: async (db, _, subject) => await answer(db, subject, true),
  refuse: async (db, _, subject) => await answer(db, subject, false),
  hold: async (db, values) => {
    const id = await putHold(db, heldBy(values), wanted(values.reason, "--reason"), operator());
    say(`hold ${id} stands`);
  },
  holds: async (db) => {
    for (const hold of await listHolds(db)) {
      const { id, kind, entity, entityId, caseId, since, until, reason, liftedAt } = hold;
      const what =
        kind === "entity"
          ? `${entity}=${entityId ?? "(forgotten)"}`
          : kind === "case"
            ? `case ${caseId}`
            : `${since?.toISOString()} to ${until?.toISOString()}`;
      say(`${id}  ${liftedAt ? `lifted ${liftedAt.toISOString()}` : "stands"}  ${what}  ${reason}`);
    }
  },
  lift: async (db, { reason }, subject) => {
    await liftHold(db, numberOf(subject), wanted(reason, "--reason"), operator());
    say(`hold ${subject} is lifted`);
  },
};

async function tellFound(db: Kysely<Database>, entity: string): Promise<void> {
  const found = await findSubject(db, parseSubject(entity));
  say(
    `${found.decisions} decisions, ${found.cases} cases, ${found.labels} labels, ${found.imported} imported payments, ${found.deadLetters} dead letters, ${found.listEntries} entries of the policy's lists`,
  );
  const stay = found.held + found.importedHeld + found.deadLettersHeld;
  if (stay > 0) say(`${stay} of them a legal hold keeps: an erasure leaves them`);
  if (found.open > 0) say(`${found.open} have an open case: an erasure leaves them until it is decided`);
}

async function answer(db: Kysely<Database>, subject: string | undefined, approve: boolean): Promise<void> {
  const erasure = `erasure:${numberOf(subject)}`;
  const waiting = (await listProposals(db, "data.erase")).find((one) => one.subject === erasure);
  if (!waiting) throw new UsageError(`${erasure.replace(":", " ")} waits for nobody`);
  await decideErasure(db, waiting.id, approve, operator());
  say(approve ? "agreed: a worker erases it within a minute" : "refused");
}

function heldBy({ entity, case: caseId, from, to }: Values): Held {
  if (entity !== undefined) return { kind: "entity", subject: parseSubject(entity) };
  if (caseId !== undefined) return { kind: "case", caseId: numberOf(caseId) };
  return { kind: "time", since: dayOf(from, "--from"), until: dayOf(to, "--to") };
}

function dayOf(text: string | undefined, option: string): Date {
  const day = new Date(`${wanted(text, option)}T00:00:00Z`);
  if (Number.isNaN(day.getTime())) throw new UsageError(`${option} is a day: 2026-01-31`);
  return day;
}

function wanted(text: string | undefined, option: string): string {
  if (text === undefined) throw new UsageError(`${option} is missing`);
  return text;
}

function numberOf(text: string | undefined): number {
  if (text === undefined || !/^[1-9]\d{0,14}$/.test(text)) throw new UsageError("which one? say its number");
  return Number(text);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `npm run privacy`: one person's data, taken out or erased, and legal holds. */
await runOrSayUsage(USAGE, run);
