import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Rate } from "../../domain/exchange.ts";
import { CURRENCY_FORM } from "../../domain/money.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";

/**
 * Sets a rate, from a day on; the same day again replaces it. Ranking and overview use it from then on, open cases within
 * a minute. Written down in the audit log.
 *
 * @throws DomainError `invalid_argument` naming what is wrong
 */
export async function setRate(db: Kysely<Database>, actor: Actor, given: Rate): Promise<void> {
  const { base, currency, validFrom, rate } = given;
  const wrong = [
    ...[base, currency]
      .filter((code) => !CURRENCY_FORM.test(code))
      .map((code) => `${code} is no ISO 4217 code`),
    ...(base === currency ? ["a currency has no rate in itself"] : []),
    ...(/^\d{1,12}(\.\d{1,12})?$/.test(rate) && Number(rate) > 0
      ? []
      : [`${rate} is no rate: a positive decimal`]),
    ...(/^\d{4}-\d{2}-\d{2}$/.test(validFrom) && !Number.isNaN(Date.parse(validFrom))
      ? []
      : [`${validFrom} is no day`]),
  ];
  if (wrong.length > 0) throw new DomainError("invalid_argument", wrong.join("; "));
  await db.transaction().execute(async (trx) => {
    await sql`
      insert into exchange_rates (base, currency, valid_from, rate, set_by)
      values (${base}, ${currency}, ${validFrom}, ${rate}::numeric, ${JSON.stringify(actor)}::jsonb)
      on conflict (base, currency, valid_from) do update set rate = excluded.rate, set_by = excluded.set_by,
        set_at = clock_timestamp()`.execute(trx);
    await appendAudit(trx, {
      actor,
      act: "rates.set",
      subject: `currency:${currency}`,
      detail: { ...given },
    });
  });
}
