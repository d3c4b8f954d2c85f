import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import { doubtsAbout } from "../../features/policy/compile.ts";
import { parsePolicy } from "../../features/policy/document.ts";
import type { PolicyExample } from "../../features/policy/examples.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { listProposals } from "../accounts/approvals.ts";
import { loadAuditConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { backTest } from "./back-test.ts";
import { countDecisions } from "./back-test-rows.ts";
import { checkPolicy, listNames } from "./check.ts";
import { loadLists, readPublication } from "./publish.ts";
import { registryNames } from "./registry-names.ts";
import {
  addDraft,
  listPolicies,
  proposePolicy,
  readActivePolicy,
  readPolicy,
  settlePolicy,
} from "./versions.ts";

const USAGE = `npm run policy -- list
npm run policy -- show VERSION                      its document, to begin a file with
npm run policy -- check FILE                        reads every rule and runs the examples; exits with 1 when something is wrong
npm run policy -- back-test FILE|VERSION [--days 30]   against the policy that decides now; one line of JSON
npm run policy -- propose FILE --comment TEXT       a new version, for a second person to agree to
npm run policy -- agree VERSION | refuse VERSION    the second person's word
npm run policy -- export FILE                       the active policy and its lists, for a scorer without Redis (DATA_DIR/policy/active)
`;

class UsageError extends Error {}

const DAY_MS = 86_400_000;

/** A file: the document as `show` writes it, with the examples beside it. */
const fileSchema = z.looseObject({ examples: z.array(z.unknown()).default([]) });

/** `npm run policy`: the policy from a command line. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { days: { type: "string" }, comment: { type: "string" } },
});
const config = configOrExit(loadAuditConfig);
const db = openDatabase<Database>(config.DATABASE_URL, createLogger("policy", "warn"), 2);
try {
  const [command = "", subject] = positionals;
  await run(command, subject);
} catch (error) {
  process.stderr.write(error instanceof UsageError ? USAGE : `${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
} finally {
  await db.destroy();
}

async function run(command: string, subject: string | undefined): Promise<void> {
  if (command === "list") return await list();
  if (subject === undefined) throw new UsageError();
  switch (command) {
    case "show": {
      const { document, examples } = await readPolicy(db, subject);
      return print(JSON.stringify({ ...document, examples }, null, 2));
    }
    case "check":
      return await check(subject);
    case "back-test":
      return await tryOut(subject, Number(values.days ?? 30));
    case "propose":
      return await proposeFile(subject, values.comment ?? "");
    case "agree":
    case "refuse":
      return await settle(subject, command === "agree");
    case "export":
      await writeFile(subject, (await readPublication(db)).text, { mode: 0o600 });
      return;
    default:
      throw new UsageError();
  }
}

async function list(): Promise<void> {
  for (const { version, state, author, comment } of await listPolicies(db)) {
    print(`${version.padEnd(14)} ${state.padEnd(9)} ${author.name.padEnd(14)} ${comment}`);
  }
}

/** A file's document under a name, and its examples. @throws DomainError with what is wrong */
async function readFromFile(path: string) {
  let given: unknown;
  try {
    given = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new DomainError("invalid_argument", `${path}: ${messageOf(error)}`, { cause: error });
  }
  const { examples, ...document } = fileSchema.parse(given);
  return {
    document: parsePolicy({ version: "file", ...document }),
    examples: examples as readonly PolicyExample[],
  };
}

async function check(path: string): Promise<void> {
  const { document, examples } = await readFromFile(path);
  const serving = await registryNames(config.registry);
  const { problems, doubts, examples: results } = await checkPolicy(db, document, examples, serving);
  for (const { rule, message, start } of problems) print(`rule ${rule}, character ${start + 1}: ${message}`);
  sayDoubts(doubts);
  const failing = results.filter(({ passed }) => !passed);
  for (const { example, decision } of failing) {
    print(`example "${example.name}": comes out as ${decision.action}${decision.review ? ", reviewed" : ""}`);
  }
  if (problems.length + failing.length > 0) process.exitCode = 1;
  else print(`${document.rules.length} rules can be read, ${results.length} examples pass`);
}

async function tryOut(subject: string, days: number): Promise<void> {
  if (!(days > 0 && days <= 3_660)) throw new DomainError("invalid_argument", "--days: must be 1 to 3660");
  const tried = await documentOf(db, subject);
  const until = new Date();
  const span = { since: new Date(until.getTime() - days * DAY_MS), until };
  const expected = await countDecisions(db, span);
  const result = await backTest(db, {
    ...{ ...span, today: (await readActivePolicy(db)).document, tried, lists: await loadLists(db) },
    progress: async (lookedAt) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${lookedAt} of about ${expected} decisions`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\n");
  print(JSON.stringify(result));
}

/** A version of the store, or a file. */
async function documentOf(store: Kysely<Database>, subject: string) {
  try {
    return (await readPolicy(store, subject)).document;
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "not_found") throw error;
    return (await readFromFile(subject)).document;
  }
}

async function proposeFile(path: string, comment: string): Promise<void> {
  const { document, examples } = await readFromFile(path);
  const { version: basedOn } = await readActivePolicy(db);
  const { tiers, rules } = document;
  const draft = { basedOn, document: { tiers, rules }, examples, comment };
  const { version } = await addDraft(db, operator(), draft);
  await proposePolicy(db, operator(), version);
  await doubt({ ...document, version });
  print(`${version} waits for a second person: at /policy, or npm run policy -- agree ${version}`);
}

async function settle(version: string, approve: boolean): Promise<void> {
  const waiting = await listProposals(db, "policy.activate");
  const proposal = waiting.find(({ subject }) => subject === `policy:${version}`);
  if (!proposal) throw new DomainError("not_found", `${version} does not wait for anybody's word`);
  if (approve) await doubt((await readPolicy(db, version)).document);
  await settlePolicy(db, operator(), proposal.id, approve);
  print(approve ? `${version} decides; scorers know within seconds` : `${version} was refused`);
}

/** Says what of a policy may be right and is mostly not meant. */
async function doubt(policy: DecisionPolicy): Promise<void> {
  const [lists, serving] = await Promise.all([listNames(db), registryNames(config.registry)]);
  sayDoubts(doubtsAbout(policy, { lists, serving }));
}

function sayDoubts(doubts: ReadonlyMap<string, string>): void {
  for (const [rule, what] of doubts) print(`rule ${rule}: ${what}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
