import type { z } from "zod";
import { MAX_CHUNK } from "../../domain/jobs.ts";
import { check, decodeText, invalid, judge, parseJson } from "../../pipeline/doors/json.ts";
import { transactionBody } from "../../pipeline/doors/transaction-body.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext } from "../context.ts";
import { isLines, mediaType } from "./body.ts";
import { EXAMPLE_TRANSACTION } from "./examples.ts";
import type { Place } from "./hand-in-answer.ts";
import { IDEMPOTENCY_KEY } from "./idempotency.ts";
import { inBatches, isLineStream, type Line, readLines } from "./line-stream.ts";
import type { Body } from "./route.ts";
import { MOST_QUEUED, queueEnvelope, queueRequest } from "./schemas.ts";
import { readTransactions } from "./transaction-list.ts";

type TransactionBody = z.output<typeof transactionBody>;

/** Lines that come within this are worked on together, milliseconds. */
const TOGETHER_MS = 250;

/** One of the payments of a request, read and judged by itself. */
export interface Entry {
  readonly place: Place;
  readonly given: unknown;
  readonly read: TransactionBody | DomainError;
}

/** Payments as they were sent: all there, or lines that are still to come. */
export type Sent =
  | {
      readonly kind: "list";
      readonly entries: readonly Entry[];
      /** The same for the same body. */
      readonly asked: () => string;
    }
  | { readonly kind: "lines"; readonly batches: AsyncGenerator<Line[]> };

/** Transactions to be handed in. A request that is a single one is right or refused; others are judged one by one. */
export const sentBody: Body<Sent> = {
  schema: queueRequest,
  line: transactionBody,
  example: EXAMPLE_TRANSACTION,
  read: readSent,
};

async function readSent(c: AppContext): Promise<Sent> {
  if (isLineStream(c)) return { kind: "lines", batches: inBatches(readLines(c), MAX_CHUNK, TOGETHER_MS) };
  if (isLines(mediaType(c))) return await gatherLines(c);
  const { body, place } = await readTransactions(c, MOST_QUEUED);
  const asked = (): string => JSON.stringify(body);
  const isList = typeof body === "object" && body !== null && "transactions" in body;
  if (!isList) {
    const read = check(transactionBody, body);
    return { kind: "list", entries: [{ place: { index: 0, name: "" }, given: body, read }], asked };
  }
  if (holdsHalfPair(body)) {
    throw DomainError.invalid([{ field: "body", description: "must hold no half of a surrogate pair" }]);
  }
  const entries = check(queueEnvelope, body).transactions.map((given, index) =>
    entryOf(given, { index, name: place(index) }),
  );
  return { kind: "list", entries, asked };
}

const HALF_PAIR = /\p{Cs}/u;

/**
 * Whether a document is no Unicode. Programs do not agree on what such JSON says (RFC 8259, 8.2; RFC 7493, 2.1), so a
 * list of it is refused whole, where a value that is only wrong is refused alone. Lines are documents of their own.
 */
function holdsHalfPair(value: unknown): boolean {
  if (typeof value === "string") return HALF_PAIR.test(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsHalfPair);
  return Object.entries(value).some(([name, entry]) => HALF_PAIR.test(name) || holdsHalfPair(entry));
}

/** Lines that come with an Idempotency-Key: what was asked shows when all are there. */
async function gatherLines(c: AppContext): Promise<Sent> {
  const lines: Line[] = [];
  for await (const some of readLines(c)) {
    lines.push(...some);
    if (lines.length > MOST_QUEUED) {
      const description = `at most ${MOST_QUEUED.toLocaleString("en")} lines go with an ${IDEMPOTENCY_KEY}: without one they are read as they come, and each counts once by its transaction_id`;
      throw DomainError.invalid([{ field: "body", description }]);
    }
  }
  await c.get("takeTurn")?.();
  const asked = (): string => lines.map(({ bytes }) => Buffer.from(bytes).toString("base64")).join("\n");
  return { kind: "list", entries: lines.map(entryOfLine), asked };
}

/** A line read and judged; never throws. */
export function entryOfLine({ line, bytes }: Line, index: number): Entry {
  const place = { index, line, name: `line ${line}` };
  try {
    return entryOf(parseJson(decodeText(bytes)), place);
  } catch (error) {
    return { place, given: undefined, read: DomainError.from(error) };
  }
}

function entryOf(given: unknown, place: Place): Entry {
  const judged = judge(transactionBody, given);
  return { place, given, read: judged.success ? judged.data : invalid(judged.error) };
}
