import { TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { Item, Parsed } from "../record/parse.ts";
import { type JobOutcome, type RecordDependencies, recordJob } from "../record/record-job.ts";
import type { NewDeadLetter } from "../store/dead-letters.ts";
import { decodeText, invalid, judge, parseJson } from "./json.ts";
import type { StreamMessage, TakeMessages } from "./stream.ts";
import { toQueued, transactionBody } from "./transaction-body.ts";

/** Payments that are scored and recorded together, at most; a message may hold more. */
const MOST_TOGETHER = 200;

/**
 * Decides and records the payments of messages, in this process: when it resolves each is a decision in PostgreSQL, a
 * repeat, or a dead letter. No Redis is between, so that what is acknowledged then is safe.
 *
 * @param source e.g. "nats"
 * @param onOutcome told of each piece
 */
export function takeMessages(
  deps: RecordDependencies,
  source: string,
  onOutcome: (outcome: JobOutcome) => void,
): TakeMessages {
  return async (messages) => {
    for (const parsed of inPieces(
      source,
      messages.map((message) => readMessage(source, message)),
    )) {
      const job = { queue: TRANSACTIONS_QUEUE, id: "", data: null };
      onOutcome(await recordJob(deps, () => parsed, job));
    }
    failPoint("stream.recorded");
  };
}

/** Messages whose payments go together. */
function inPieces(source: string, messages: readonly Parsed[]): Parsed[] {
  const pieces: { source: string; items: Item[]; rejected: NewDeadLetter[] }[] = [];
  const items = messages.flatMap((message) => message.items);
  const rejected = messages.flatMap((message) => message.rejected);
  for (let from = 0; from < Math.max(1, items.length); from += MOST_TOGETHER)
    pieces.push({
      source,
      items: items.slice(from, from + MOST_TOGETHER),
      rejected: from === 0 ? rejected : [],
    });
  return pieces;
}

/**
 * Reads a message: one transaction as `POST /api/v1/transactions` takes it, a list of them, plain or under
 * `transactions`, or one a line. What is wrong is a dead letter, and holds up nothing.
 */
export function readMessage(source: string, { id, body }: StreamMessage): Parsed {
  const jobId = `${source}:${id}`;
  const items: Item[] = [];
  const rejected: NewDeadLetter[] = [];
  const refuse = (position: number, given: unknown, error: DomainError): void => {
    rejected.push(letterOf(source, jobId, position, given, error));
  };
  const take = (given: unknown, position: number): void => {
    const judged = judge(transactionBody, given);
    if (judged.success) items.push({ ...{ position, jobId, given }, transaction: toQueued(judged.data) });
    else refuse(position, given, invalid(judged.error));
  };
  let text = "";
  try {
    text = decodeText(body, "message");
    const values = valuesOf(text);
    if (values.length === 0) throw new DomainError("invalid_argument", "the message holds no transaction");
    values.forEach(take);
  } catch (error) {
    refuse(-1, text === "" ? Buffer.from(body).toString("base64") : text, DomainError.from(error));
  }
  // As a job of the queue, so that it can be handed in again as it came.
  return { source, items: items.map((item) => ({ ...item, given: item.transaction })), rejected };
}

/** @throws DomainError `invalid_argument` for what is neither JSON nor lines of it */
function valuesOf(text: string): readonly unknown[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  let whole: unknown;
  try {
    whole = parseJson(text, "message");
  } catch (error) {
    if (lines.length < 2) throw error;
    // One of the lines may be broken: the others stand.
    return lines.map((line) => orText(line));
  }
  if (Array.isArray(whole)) return whole;
  const list = typeof whole === "object" && whole !== null ? Reflect.get(whole, "transactions") : undefined;
  return Array.isArray(list) ? list : [whole];
}

/** A line's value; one that is no JSON stays text, which no transaction is. */
function orText(line: string): unknown {
  try {
    return parseJson(line, "line");
  } catch {
    return line;
  }
}

function letterOf(
  source: string,
  jobId: string,
  position: number,
  given: unknown,
  error: DomainError,
): NewDeadLetter {
  const payload = typeof given === "object" && given !== null ? given : { value: given };
  const id = Reflect.get(payload, "transaction_id");
  return {
    ...{ queue: TRANSACTIONS_QUEUE, jobId, position, source, payload },
    transactionId: typeof id === "string" ? id : null,
    errorCode: error.code,
    error: error.message,
  };
}
