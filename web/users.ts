import { parseArgs } from "node:util";
import { isRole, ROLES, type Role } from "../domain/rights.ts";
import { type Account, findAccount } from "../pipeline/accounts/account.ts";
import {
  changeRole,
  disableAccount,
  enableAccount,
  invite,
  listTeam,
  type Member,
  removeSecondFactor,
  resetByLink,
} from "../pipeline/accounts/team.ts";
import { databaseTrouble } from "../pipeline/readiness/database.ts";
import type { Database } from "../pipeline/store/schema.ts";
import { openDatabase } from "../platform/process/database.ts";
import { messageOf } from "../platform/process/errors.ts";
import { createLogger } from "../platform/process/logger.ts";
import { operator } from "../platform/process/operator.ts";
import { publicUrl, readConfig } from "./config.ts";

const USAGE = `npm run users -- list
npm run users -- add NAME --role ${ROLES.join("|")} [--email ADDRESS]
npm run users -- role NAME ROLE
npm run users -- disable NAME
npm run users -- enable NAME
npm run users -- reset NAME [--second-factor]
`;

/** Thrown for a command that is none. */
class UsageError extends Error {}

/** `npm run users`: accounts at the machine's command line. Acts bear the operator's name; links are printed once. */
async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const [command, name, role] = positionals;
  const config = readConfig();
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("users", "silent"), 1);
  const by = { actor: operator() };
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const join = (token: string): string => `${publicUrl(config)}/sign-in/join/${token}`;
  const account = async (): Promise<Account> => {
    const found = await findAccount(db, name ?? "");
    if (!found) throw new Error(`nobody is called ${name}: npm run users -- list`);
    return found;
  };
  try {
    if (command === undefined || (command !== "list" && name === undefined)) throw new UsageError();
    const trouble = await databaseTrouble(db);
    if (trouble !== undefined) throw new Error(`PostgreSQL ${trouble}`);
    switch (command) {
      case "list":
        for (const member of await listTeam(db)) say(lineOf(member));
        break;
      case "add": {
        const { token } = await invite(
          db,
          { name: name ?? "", email: values.email, role: roleOf(values.role) },
          by,
        );
        say(join(token));
        break;
      }
      case "role":
        await changeRole(db, (await account()).user_id, roleOf(role), by);
        break;
      case "disable":
        await disableAccount(db, (await account()).user_id, by);
        break;
      case "enable":
        await enableAccount(db, (await account()).user_id, by);
        break;
      case "reset": {
        const { user_id } = await account();
        if (values["second-factor"]) await removeSecondFactor(db, user_id, by);
        say(join((await resetByLink(db, user_id, by)).token));
        break;
      }
      default:
        throw new UsageError();
    }
  } finally {
    await db.destroy();
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        role: { type: "string" },
        email: { type: "string" },
        "second-factor": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

function roleOf(text: string | undefined): Role {
  if (isRole(text)) return text;
  throw new UsageError(`the role must be one of ${ROLES.join(", ")}`);
}

function lineOf({ name, role, email, disabledAt, hasPassword, hasSecondFactor, sessions }: Member): string {
  const state = disabledAt ? "disabled" : hasPassword ? `${sessions} sessions` : "no password yet";
  return [name, role, email ?? "-", state, hasSecondFactor ? "second step" : "no second step"].join("\t");
}

main().catch((error: unknown) => {
  const wrongUse = error instanceof UsageError;
  const message = messageOf(error);
  process.stderr.write(
    wrongUse ? `${message === "" ? "" : `${message}\n`}${USAGE}` : `not done: ${message}\n`,
  );
  process.exitCode = wrongUse ? 2 : 1;
});
