import { z } from "zod";
import { ACTIONS } from "../../domain/actions.ts";
import type { Decision } from "../../domain/decision.ts";
import { MAX_FIELDS } from "../../domain/own-values.ts";
import { maskPans } from "../../domain/pan.ts";
import { MAX_SLA_MINUTES, TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import { HIT_KINDS, MAX_RULES } from "../../domain/policy/rules.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { V_COUNT } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { fitsFloat32 } from "../../platform/process/storable.ts";
import {
  type QueuedTransaction,
  queuedText,
  queuedTransaction,
  readsVersion,
  sourceLabel,
  transactionChunk,
} from "../queues.ts";
import type { NewDeadLetter } from "../store/dead-letters.ts";
import { deadLetter, invalidFields } from "./rejection.ts";

/** A job as a queue delivers it. */
export interface RecordJob {
  readonly queue: string;
  readonly id: string;
  readonly data: unknown;
}

/** A transaction of a job on its way to the store. */
export interface Item {
  /** Index in the job. */
  readonly position: number;
  /** What it came in, where that is not the job itself but e.g. a message of a stream. */
  readonly jobId?: string;
  /** As it lay in the queue. */
  readonly given: unknown;
  readonly transaction: QueuedTransaction;
  /** What the job said of it beside what jobs have: nobody reads it, and it is kept. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** What the machine said of it already, when it was decided before it came here. */
  readonly decided?: Omit<Decision, "transactionId" | "recorded">;
}

/** A job read: each of its transactions is an item or a dead letter. */
export interface Parsed {
  /** Null when the job could not be read at all. */
  readonly source: string | null;
  readonly items: readonly Item[];
  readonly rejected: readonly NewDeadLetter[];
}

/** Reads a job; never throws. Which of the two it depends on the queue it lay in. */
export type ParseJob = (job: RecordJob) => Parsed;

/** A job of the `transactions` queue: payments to be decided. */
export const parseTransactions: ParseJob = (job) => {
  const version = versionOf(job.data);
  if (!readsVersion(version)) {
    return unreadable(
      job,
      `version ${shown(version)} of the job is not known here: this worker reads 1`,
      null,
    );
  }
  const chunk = transactionChunk.safeParse(job.data);
  if (!chunk.success) return unreadable(job, "not a chunk of transactions", null);
  const { source, transactions } = chunk.data;
  return each(job, source, transactions, (given) => {
    const parsed = queuedTransaction.safeParse(given);
    if (!parsed.success) return invalidFields(parsed.error);
    const extra = beside(given as object);
    return extra ? { transaction: parsed.data, extra } : { transaction: parsed.data };
  });
};

function versionOf(data: unknown): unknown {
  return typeof data === "object" && data !== null ? Reflect.get(data, "version") : undefined;
}

function shown(value: unknown): string {
  return maskPans(JSON.stringify(value)).slice(0, 40);
}

const KNOWN_NAMES: ReadonlySet<string> = new Set(Object.keys(queuedTransaction.shape));

/** What an object has beside the names that jobs have; undefined where that is nothing. */
function beside(given: object): Record<string, unknown> | undefined {
  const others = Object.entries(given).filter(([name]) => !KNOWN_NAMES.has(name));
  return others.length > 0 ? Object.fromEntries(others) : undefined;
}

/** The scorer's own door, when a job names no other. */
const SCORER_SOURCE = "grpc";

const decisionsJob = z.object({
  source: sourceLabel.default(SCORER_SOURCE),
  decisions: z.array(z.unknown()).min(1),
});

const reason = z.object({
  code: queuedText,
  feature: queuedText,
  value: z.number(),
  contribution: z.number(),
  text: queuedText,
  usual: z.number().optional(),
  unit: queuedText.optional(),
  title: queuedText.optional(),
});

const ruleHit = z.object({
  rule: queuedText,
  name: queuedText,
  kind: z.enum(HIT_KINDS),
  from: z.enum(ACTIONS),
  to: z.enum(ACTIONS),
  review: z.boolean(),
});

/** More numbers than any graph takes. */
const MAX_COLUMNS = 10_000;

/** A decision of the scorer with its transaction, as it was handed over. */
const recordedDecision = queuedTransaction.extend({
  v: z.array(z.number()).length(V_COUNT).optional(),
  fraudProbability: z.number(),
  riskTier: z.enum(RISK_TIERS),
  action: z.enum(ACTIONS),
  fraudPredicted: z.boolean(),
  model: z.object({ name: queuedText, version: queuedText }),
  reasons: z.array(reason),
  // Jobs of an earlier version name no policy: they were decided by tier.
  policyVersion: queuedText.optional(),
  review: z.boolean().optional(),
  slaMinutes: z.int().min(1).max(MAX_SLA_MINUTES).nullable().default(null),
  rules: z.array(ruleHit).max(MAX_RULES).default([]),
  features: z
    .array(z.number().refine(fitsFloat32, "must fit a 32-bit number").nullable())
    .max(MAX_COLUMNS)
    .optional(),
  withoutHistory: z.boolean().optional(),
  unknownFields: z.array(queuedText).max(MAX_FIELDS).optional(),
  conversion: z
    .object({ amount: z.number(), currency: queuedText, rate: z.number(), ratesOf: queuedText })
    .optional(),
});

/** A job of the `decisions` queue: payments that were decided on a call with `record = true`. */
export const parseDecisions: ParseJob = (job) => {
  const chunk = decisionsJob.safeParse(job.data);
  if (!chunk.success) return unreadable(job, "not a list of decisions", SCORER_SOURCE);
  const { source, decisions } = chunk.data;
  return each(job, source, decisions, (given) => {
    const parsed = recordedDecision.safeParse(given);
    if (!parsed.success) return invalidFields(parsed.error);
    const { fraudProbability, riskTier, action, fraudPredicted, model, reasons, ...more } = parsed.data;
    const { policyVersion, review, slaMinutes, rules, features, withoutHistory, ...rest } = more;
    const { unknownFields, conversion, ...transaction } = rest;
    const decided = {
      ...{ fraudProbability, riskTier, action, fraudPredicted, model, reasons, slaMinutes, rules },
      ...{ features, withoutHistory },
    };
    return {
      transaction,
      decided: {
        ...decided,
        ...(unknownFields ? { unknownFields } : {}),
        ...(conversion ? { conversion } : {}),
        policyVersion: policyVersion ?? TIER_POLICY.version,
        review: review ?? TIER_POLICY.tiers[riskTier].review,
      },
    };
  });
};

function unreadable(job: RecordJob, why: string, source: string | null): Parsed {
  const error = new DomainError("invalid_argument", why);
  return { source, items: [], rejected: [deadLetter(job, -1, job.data, error, source)] };
}

/** Each entry by itself: a bad one fails alone. */
function each(
  job: RecordJob,
  source: string,
  entries: readonly unknown[],
  read: (given: unknown) => Pick<Item, "transaction" | "extra" | "decided"> | DomainError,
): Parsed {
  const items: Item[] = [];
  const rejected: NewDeadLetter[] = [];
  for (const [position, given] of entries.entries()) {
    const item = read(given);
    if (item instanceof DomainError) rejected.push(deadLetter(job, position, given, item, source));
    else items.push({ position, given, ...item });
  }
  return { source, items, rejected };
}
