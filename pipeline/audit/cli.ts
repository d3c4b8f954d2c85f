import { parseArgs } from "node:util";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { readServingHistory } from "../../scorer/serving/state.ts";
import { loadAuditConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { compareServing } from "./compare-serving.ts";
import { verifyAudit } from "./verify.ts";

const USAGE = `npm run audit -- verify
npm run audit -- list [--subject case:17] [--limit 50]
`;

/**
 * `npm run audit`: `verify` walks the chain, and the registry's history of who serves beside its copy here, and exits
 * with 0 when both are whole, with 1 and the first wrong entry when one is not; `list` prints the latest acts, one line each.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { subject: { type: "string" }, limit: { type: "string", default: "50" } },
});
const config = configOrExit(loadAuditConfig);
const db = openDatabase<Database>(config.DATABASE_URL, createLogger("audit", "warn"), 1);
try {
  if (positionals[0] === "verify") await verify();
  else if (positionals[0] === "list") await list();
  else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
} finally {
  await db.destroy();
}

async function verify(): Promise<void> {
  const { sound, fault } = await verifyAudit(db);
  process.stdout.write(
    fault
      ? `entry ${fault.auditId} ${fault.why}; ${sound} entries before it fit\n`
      : `${sound} entries, every one fits the one before it\n`,
  );
  if (fault) process.exitCode = 1;
  // Throws naming the first line that does not fit.
  const changes = await readServingHistory(config.registry);
  const { missing, fault: other } = await compareServing(db, changes);
  if (other !== undefined) {
    process.stdout.write(`who serves: ${other}\n`);
    process.exitCode = 1;
  } else if (changes.length > 0) {
    const waiting = missing > 0 ? `, ${missing} of them not in the audit log yet` : "";
    process.stdout.write(
      `${changes.length} changes of who serves, every one fits the one before it${waiting}\n`,
    );
  }
}

async function list(): Promise<void> {
  let acts = db
    .selectFrom("audit_log")
    .selectAll()
    .orderBy("audit_id", "desc")
    .limit(Math.max(1, Number(values.limit) || 50));
  if (values.subject !== undefined) acts = acts.where("subject", "=", values.subject);
  for (const { audit_id, at, actor, act, subject, detail } of await acts.execute()) {
    process.stdout.write(
      `${audit_id} ${at.toISOString()} ${actor.kind}:${actor.name} ${act} ${subject} ${JSON.stringify(detail)}\n`,
    );
  }
}
