import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { ModelAct, ModelRequest, RequestState } from "../../domain/model-care.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";

/** What somebody wants done with models. */
export interface AskedOfModels {
  readonly act: ModelAct;
  /** "name@version"; of shadows all that there shall be, with spaces between; "" for none. */
  readonly model?: string | undefined;
  /** Of the cards, for a challenger. */
  readonly share?: number | undefined;
  readonly reason: string;
}

/** A request whose workers died so often is not begun again. */
const MOST_ATTEMPTS = 2;
/** What nobody began for so long is not done any more: whoever asked has seen that nothing happened, minutes. */
const STALE_MINUTES = 15;
const MAX_REASON = 500;
const REFERENCE = /^[a-z0-9][a-z0-9-]*@[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Asks whoever has the registry for something, in the audit log with who asked and why. One request of a kind waits at a
 * time: the second of two is told so.
 *
 * @returns its number
 * @throws DomainError `invalid_argument` for what cannot be asked, `conflict` while the same is under way
 */
export async function askOfModels(db: Kysely<Database>, actor: Actor, asked: AskedOfModels): Promise<number> {
  const { act, model = "", share, reason } = asked;
  checkAsked(asked);
  return await db.transaction().execute(async (trx) => {
    // Two that ask at once: one after the other.
    await trx.selectFrom("audit_head").select("hash").forUpdate().execute();
    const same = await trx
      .selectFrom("model_requests")
      .select("request_id")
      .where("act", "=", act)
      .where("state", "in", ["waiting", "running"])
      .executeTakeFirst();
    if (same) {
      throw new DomainError(
        "conflict",
        `${WORDS[act]} is under way already, asked for by somebody (${same.request_id})`,
      );
    }
    const { request_id } = await trx
      .insertInto("model_requests")
      .values({ act, model, share: share ?? null, reason: reason.trim(), asked_by: JSON.stringify(actor) })
      .returning("request_id")
      .executeTakeFirstOrThrow();
    await appendAudit(trx, {
      ...{ actor, act: `models.${act}.asked`, subject: `model_request:${request_id}` },
      detail: { ...(model && { model }), ...(share !== undefined && { share }), reason: reason.trim() },
    });
    return Number(request_id);
  });
}

/** What each act is called in a sentence. */
const WORDS: Readonly<Record<ModelAct, string>> = {
  promote: "a promotion",
  roll_back: "a roll-back",
  set_challenger: "a change of the challenger",
  set_shadows: "a change of the shadows",
  retrain: "a training",
  compare: "a comparison",
};

function checkAsked({ act, model = "", share, reason }: AskedOfModels): void {
  const wrong = (field: string, description: string): never => {
    throw DomainError.invalid([{ field, description }]);
  };
  if (reason.trim() === "") wrong("reason", "say why: it stands in the audit log");
  if (reason.length > MAX_REASON) wrong("reason", `must be at most ${MAX_REASON} characters`);
  const references = model.split(" ").filter((reference) => reference !== "");
  if (act === "promote" && references.length !== 1) wrong("model", "must be name@version");
  if (act === "set_challenger" && references.length > 1) wrong("model", "must be name@version, or nothing");
  for (const reference of references)
    if (!REFERENCE.test(reference)) wrong("model", `${reference.slice(0, 80)} is not name@version`);
  if (act !== "set_challenger") return;
  if (references.length === 1 && !(share !== undefined && share > 0 && share <= 0.5))
    wrong("share", "must be above 0 and at most 0.5 of the cards");
}

/** Takes the oldest request that nobody has begun, or whose worker died. @returns undefined when there is none */
export async function beginRequest(
  db: Kysely<Database>,
  requestId: number,
): Promise<ModelRequest | undefined> {
  const { rows } = await sql<{ attempts: number }>`
    update model_requests set state = 'running', attempts = attempts + 1
    where request_id = ${requestId} and state in ('waiting', 'running') returning attempts`.execute(db);
  const begun = rows[0];
  if (!begun) return undefined;
  if (begun.attempts > MOST_ATTEMPTS) {
    await endRequest(db, requestId, "failed", `given up: its worker died ${MOST_ATTEMPTS} times`);
    return undefined;
  }
  return await readRequest(db, requestId);
}

/** Says what became of a request. One that has ended stays as it is. */
export async function endRequest(
  db: Kysely<Database>,
  requestId: number,
  state: Exclude<RequestState, "waiting" | "running">,
  answer: string,
): Promise<void> {
  await db
    .updateTable("model_requests")
    .set({ state, answer, ended_at: sql<Date>`now()` })
    .where("request_id", "=", requestId)
    .where("state", "in", ["waiting", "running"])
    .execute();
}

/** Requests that have not ended, begun or not; those that nobody began for too long are refused. */
export async function openRequests(db: Kysely<Database>): Promise<number[]> {
  await sql`
    update model_requests set state = 'refused', ended_at = now(),
      answer = ${`nobody who has the registry of models took it within ${STALE_MINUTES} minutes: is a worker running where it is?`}
    where state = 'waiting' and asked_at < now() - ${sql.lit(STALE_MINUTES)} * interval '1 minute'`.execute(
    db,
  );
  const rows = await db
    .selectFrom("model_requests")
    .select("request_id")
    .where("state", "in", ["waiting", "running"])
    .orderBy("request_id")
    .limit(20)
    .execute();
  return rows.map(({ request_id }) => Number(request_id));
}

/** @returns undefined for no such request */
export async function readRequest(
  db: Kysely<Database>,
  requestId: number,
): Promise<ModelRequest | undefined> {
  const [request] = await requests(db, requestId, 1);
  return request;
}

/** The newest requests first. */
export async function lastRequests(db: Kysely<Database>, limit: number): Promise<ModelRequest[]> {
  return await requests(db, undefined, limit);
}

async function requests(
  db: Kysely<Database>,
  requestId: number | undefined,
  limit: number,
): Promise<ModelRequest[]> {
  const rows = await db
    .selectFrom("model_requests")
    .selectAll()
    .$if(requestId !== undefined, (query) => query.where("request_id", "=", requestId ?? 0))
    .orderBy("request_id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...{ requestId: Number(row.request_id), act: row.act, model: row.model, share: row.share },
    ...{ reason: row.reason, askedBy: row.asked_by, askedAt: row.asked_at, state: row.state },
    ...{ answer: row.answer, endedAt: row.ended_at },
  }));
}
