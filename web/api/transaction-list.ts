import { z } from "zod";
import { check, parseJson, refuse } from "../../pipeline/doors/json.ts";
import { transactionBody } from "../../pipeline/doors/transaction-body.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import type { AppContext } from "../context.ts";
import { isJson, isLines, mediaType, readText } from "./body.ts";
import { EXAMPLE_TRANSACTION } from "./examples.ts";
import { Refusal } from "./problem.ts";
import type { Body } from "./route.ts";
import { MOST_SCORED, scoreBatchLoose, scoreBatchRequest } from "./schemas.ts";

/** A body of transactions as it was sent, unchecked. */
export interface SentTransactions {
  /** An object: one transaction, or a list of them under `transactions` with what is asked for beside it. */
  readonly body: unknown;
  /** What a position of a list is called in an error. */
  readonly place: (index: number) => string;
}

/**
 * Reads transactions in each form that clients have them in: an object, an object around a list, a plain array, or one
 * JSON object a line (blank lines are passed over). Array and lines come out as the object around a list.
 *
 * @param most transactions; more lines are refused before any is read
 * @throws Refusal 415 for another content type
 * @throws DomainError `invalid_argument` for broken JSON, naming the lines
 */
export async function readTransactions(c: AppContext, most: number): Promise<SentTransactions> {
  const type = mediaType(c);
  if (isLines(type)) return parseLines(await readText(c), most);
  if (!isJson(type)) {
    throw new Refusal(415, "send the body as application/json, or one object a line as application/x-ndjson");
  }
  const body = parseJson(await readText(c));
  if (Array.isArray(body)) return { body: { transactions: body }, place: (index) => `[${index}]` };
  return { body, place: (index) => `transactions[${index}]` };
}

function parseLines(text: string, most: number): SentTransactions {
  const numbers: number[] = [];
  const lines = text.split("\n").filter((line, index) => {
    const given = line.trim() !== "";
    if (given) numbers.push(index + 1);
    return given;
  });
  if (lines.length > most) {
    throw DomainError.invalid([{ field: "body", description: `at most ${most.toLocaleString("en")} lines` }]);
  }
  const place = (index: number): string => `line ${numbers[index]}`;
  const violations: FieldViolation[] = [];
  const transactions = lines.map((line, index) => {
    try {
      return parseJson(line, place(index));
    } catch (error) {
      violations.push(...DomainError.from(error).violations);
      return undefined;
    }
  });
  if (violations.length > 0) throw refuse(violations);
  return { body: { transactions }, place };
}

/**
 * Transactions to be scored: the list's own form is checked here, each of them later by itself, so that a bad one fails
 * alone.
 */
export const scoredBody: Body<z.output<typeof scoreBatchLoose>> = {
  schema: z.union([scoreBatchRequest, scoreBatchRequest.shape.transactions]),
  line: transactionBody,
  example: {
    transactions: [
      EXAMPLE_TRANSACTION,
      { ...EXAMPLE_TRANSACTION, transaction_id: "order-10026", amount: 4.5 },
    ],
  },
  read: async (c) => check(scoreBatchLoose, (await readTransactions(c, MOST_SCORED)).body),
};
