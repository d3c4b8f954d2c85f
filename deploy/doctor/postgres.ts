import { type Kysely, sql } from "kysely";
import { databaseTrouble } from "../../pipeline/readiness/database.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { codeOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { clockFinding } from "./clock.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

const WHAT = "PostgreSQL";
/** The oldest that every test is run on. */
const TRIED = 15;

/** Whether PostgreSQL would record decisions; nothing is written. */
export async function checkPostgres(url: string): Promise<Finding[]> {
  const db = openDatabase<Database>(url, createLogger("doctor", "silent"), 1);
  try {
    const server = await describe(db);
    const trouble = await databaseTrouble(db);
    return [
      ...serverFindings(server),
      ...(trouble === undefined
        ? [ok(WHAT, "our tables are there and as new as this version")]
        : [tables(trouble, server)]),
      clockFinding(WHAT, server.clock_off),
    ];
  } catch (error) {
    const trouble = (await databaseTrouble(db)) ?? "does not answer";
    const why = codeOf(error);
    return [
      fault(WHAT, `${trouble} (${why})`, "start it, or correct DATABASE_URL; odd signs are percent-encoded"),
    ];
  } finally {
    await db.destroy();
  }
}

interface Server {
  readonly version: number;
  readonly shown: string;
  readonly encoding: string;
  readonly may_create: boolean;
  readonly clock_off: number;
}

async function describe(db: Kysely<Database>): Promise<Server> {
  // Once for the connection, so that its making is not taken for a difference of clocks.
  await sql`select 1`.execute(db);
  const before = Date.now();
  const { rows } = await sql<Omit<Server, "clock_off"> & { readonly at: number }>`
    select current_setting('server_version_num')::int / 10000 as version,
           current_setting('server_version') as shown,
           current_setting('server_encoding') as encoding,
           coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
           extract(epoch from clock_timestamp())::float8 as at`.execute(db);
  const [row] = rows;
  if (!row) throw new Error("PostgreSQL says nothing of itself");
  return { ...row, clock_off: row.at - (before + Date.now()) / 2_000 };
}

function serverFindings({ version, shown, encoding }: Server): Finding[] {
  const findings: Finding[] = [];
  if (encoding !== "UTF8")
    findings.push(
      fault(WHAT, `its database is in ${encoding}`, "create database … encoding 'UTF8' template template0"),
    );
  findings.push(
    version < TRIED
      ? warning(WHAT, `${shown} is older than what is tested`, `PostgreSQL ${TRIED} or later`)
      : ok(WHAT, `${shown}, lets us in`),
  );
  return findings;
}

/** Tables that are missing are made by a start, where our user may. */
function tables(trouble: string, { may_create }: Server): Finding {
  if (!trouble.includes("npm run migrate")) return fault(WHAT, trouble, "docs/operate/vm.md, PostgreSQL");
  return may_create
    ? warning(WHAT, trouble, "npm run migrate; npm start does it by itself")
    : fault(WHAT, `${trouble}, and our user may not make tables`, "grant create on our schema to our user");
}
