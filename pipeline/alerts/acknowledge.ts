import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { alertKind } from "../../domain/alerts.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { resolveAlert } from "./raise.ts";

/**
 * Somebody has it: nobody else is told that nobody has. What merely happened, and was seen, is over.
 *
 * @throws DomainError `not_found`; `conflict` when somebody has it already, or it is over
 */
export async function acknowledgeAlert(db: Kysely<Database>, actor: Actor, id: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const found = await trx
      .selectFrom("alerts")
      .select(["kind", "subject", "state"])
      .where("alert_id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (!found) throw new DomainError("not_found", `there is no alert ${id}`);
    const { kind, subject, state } = found;
    if (state !== "firing") {
      throw new DomainError("conflict", state === "resolved" ? "it is over" : "somebody has it already");
    }
    await trx
      .updateTable("alerts")
      .set({
        state: "acknowledged",
        acknowledged_at: sql`clock_timestamp()`,
        acknowledged_by: JSON.stringify(actor),
      })
      .where("alert_id", "=", id)
      .execute();
    if (alertKind(kind).ends === "event") await resolveAlert(trx, kind, subject, `seen by ${actor.name}`);
    await appendAudit(trx, {
      ...{ actor, act: "alert.acknowledged", subject: `alert:${id}` },
      detail: { kind, subject },
    });
  });
}
