import { status } from "@grpc/grpc-js";
import type { Gauge, Registry } from "prom-client";
import { RISK_TIERS } from "../../domain/tiers.ts";
import type { OnlineFeatures } from "../../features/online/online-features.ts";
import type { FollowedPolicy } from "../policy/followed-policy.ts";
import type { QueueRecorder } from "../recording/queue-recorder.ts";
import type { Line, Lines } from "../scoring/lines.ts";
import type { ModelCatalog } from "../scoring/model-catalog.ts";
import type { ShadowScoring } from "../scoring/shadow.ts";
import { PlainHistogram } from "./plain-histogram.ts";
import type { RequestStatistics } from "./request-statistics.ts";
import { SCORE_EDGES, type ScoreStatistics } from "./score-statistics.ts";

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly metricName?: string;
}

/** Runs of the models. */
export class BatchStatistics {
  readonly rows = new PlainHistogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024]);
  readonly queueSeconds = new PlainHistogram([0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1]);
  readonly computeSeconds = new PlainHistogram([
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05,
  ]);

  observe(rows: number, queuedMs: number, computeMs: number): void {
    this.rows.observe(rows);
    this.queueSeconds.observe(queuedMs / 1_000);
    this.computeSeconds.observe(computeMs / 1_000);
  }
}

/** What the scorer's metrics are read from. */
export interface MetricSources {
  readonly requests: RequestStatistics;
  readonly scores: ScoreStatistics;
  readonly batches: BatchStatistics;
  readonly lines: Lines;
  readonly catalog: ModelCatalog;
  readonly shadow: ShadowScoring;
  readonly recorder: QueueRecorder | undefined;
  readonly history: HistorySource;
  readonly policy: FollowedPolicy;
}

/** What is known of the entities that models with a schema ask for. */
interface HistorySource {
  readonly online: OnlineFeatures;
  /** Streams of the models that serve whose aggregates are not all that was recorded; NaN while nobody can say. */
  readonly incomplete: number;
}

/** Registers the scorer's metrics; they are read from plain counters when somebody asks. */
export function registerScorerMetrics(registry: Registry, sources: MetricSources): void {
  const { requests, scores, batches, lines, catalog, shadow, recorder, history, policy } = sources;
  const add = (
    name: string,
    help: string,
    type: "counter" | "gauge" | "histogram",
    read: () => Sample[],
  ): void => {
    const full = `paysecure_scorer_${name}`;
    const get = async (): Promise<object> => ({ name: full, help, type, values: read(), aggregator: "sum" });
    // prom-client asks a metric for its name and its values; nothing else of the class is used.
    registry.registerMetric({ name: full, help, get, reset: () => {} } as unknown as Gauge);
  };
  const histogram = (name: string, help: string, read: () => Iterable<[Labels, PlainHistogram]>): void =>
    add(name, help, "histogram", () =>
      [...read()].flatMap(([labels, one]) => histogramSamples(`paysecure_scorer_${name}`, labels, one)),
    );

  add("requests_total", "gRPC calls by method and status code", "counter", () =>
    [...requests.methods].flatMap(([method, { codes }]) =>
      [...codes].flatMap((value, code) =>
        value > 0 ? [{ labels: { method, code: status[code] ?? String(code) }, value }] : [],
      ),
    ),
  );
  histogram("request_seconds", "Time from a call's arrival to its answer, by method", () =>
    [...requests.methods].map(([method, { seconds }]) => [{ method }, seconds]),
  );
  add("policy_rules_total", "Rules of the policy that fired, or failed and did nothing", "counter", () =>
    [...policy.counts].flatMap(([rule, { fired, failed }]) => [
      { labels: { rule, outcome: "fired" }, value: fired },
      { labels: { rule, outcome: "failed" }, value: failed },
    ]),
  );
  histogram("batch_rows", "Transactions in one run of a model", () => [[{}, batches.rows]]);
  histogram("queue_seconds", "Time that a batch's first transaction waited for its run", () => [
    [{}, batches.queueSeconds],
  ]);
  histogram("compute_seconds", "Time that one run of a model took", () => [[{}, batches.computeSeconds]]);
  histogram("score", "Fraud probabilities answered, by model", () =>
    [...scores.models].map(([model, one]) => {
      const distribution = new PlainHistogram(SCORE_EDGES);
      distribution.counts.set(one.scores);
      distribution.sum = one.sum;
      return [{ model }, distribution];
    }),
  );
  add("answers_total", "Answers by model and risk tier", "counter", () =>
    [...scores.models].flatMap(([model, { tiers }]) =>
      RISK_TIERS.map((tier) => ({ labels: { model, tier }, value: tiers[tier] })),
    ),
  );
  const inside = ({ singles, batches }: Line): number => singles.rows + batches.rows;
  add("queued_transactions", "Transactions that wait to be scored or are being scored", "gauge", () => [
    { labels: {}, value: inside(lines.scoring) },
  ]);
  add("queued_explanations", "Transactions that wait for reasons or are being explained", "gauge", () => [
    { labels: {}, value: inside(lines.explaining) },
  ]);
  add("unanswered_total", "Transactions that a model gave no probability for", "counter", () =>
    [...scores.models].map(([model, { unanswered }]) => ({ labels: { model }, value: unanswered })),
  );
  add(
    "unknown_fields_total",
    "Fields of a team's own that came with transactions and that the model reads nothing of",
    "counter",
    () =>
      [...scores.models].map(([model, { unknownFields }]) => ({ labels: { model }, value: unknownFields })),
  );
  add("model_info", "Models in memory and their part in serving", "gauge", () =>
    catalog.loaded.map((model) => ({ labels: { model, role: roleOf(catalog, model) }, value: 1 })),
  );
  const shadowCounter = (
    name: string,
    help: string,
    pick: (one: NonNullable<ReturnType<typeof shadow.comparisons.get>>) => number,
  ): void =>
    add(name, help, "counter", () =>
      [...shadow.comparisons].map(([model, one]) => ({ labels: { model }, value: pick(one) })),
    );
  shadowCounter("shadow_rows_total", "Transactions that a shadow has scored along", (one) => one.rows);
  shadowCounter(
    "shadow_other_tier_total",
    "Transactions that a shadow would have put in another tier",
    (one) => one.otherTier,
  );
  shadowCounter(
    "shadow_difference_sum",
    "Sum of |shadow − answer| over the transactions scored along",
    (one) => one.absoluteDifference,
  );
  shadowCounter(
    "shadow_unanswered_total",
    "Transactions that a shadow or the model it is compared with gave no probability for",
    (one) => one.unanswered,
  );
  add(
    "shadow_skipped_total",
    "Transactions that a shadow did not score along, by why: it was busy, it failed, or it needs what they had not",
    "counter",
    () =>
      [...shadow.comparisons].flatMap(([model, { skipped }]) =>
        [...skipped].map(([reason, value]) => ({ labels: { model, reason }, value })),
      ),
  );
  add("recorded_total", "Decisions handed to the queue", "counter", () => [
    { labels: {}, value: recorder?.recorded ?? 0 },
  ]);
  add(
    "feature_rows_total",
    "Transactions scored by features of their entities: known, or by default, as if nothing were known",
    "counter",
    () => [
      { labels: { entities: "known" }, value: history.online.known },
      { labels: { entities: "default" }, value: history.online.byDefault },
    ],
  );
  add(
    "feature_reads_total",
    "Reads of entities' states in Redis that were answered in time",
    "counter",
    () => [{ labels: {}, value: history.online.reads }],
  );
  add("feature_read_seconds_total", "Seconds that these reads took together", "counter", () => [
    { labels: {}, value: history.online.readMs / 1_000 },
  ]);
  add("feature_unreadable_total", "States that could not be read, and counted as none", "counter", () => [
    { labels: {}, value: history.online.unreadable },
  ]);
  add(
    "features_incomplete",
    "Kinds of aggregates of the models that serve which lack what was recorded before; NaN while Redis is away",
    "gauge",
    () => [{ labels: {}, value: history.incomplete }],
  );
  add("recording_dropped_total", "Decisions that could not be recorded", "counter", () => [
    { labels: {}, value: recorder?.dropped ?? 0 },
  ]);
}

function roleOf(catalog: ModelCatalog, id: string): string {
  if (catalog.champion?.id === id) return "champion";
  if (catalog.challenger?.id === id) return "challenger";
  return catalog.shadows.some((shadow) => shadow.id === id) ? "shadow" : "loaded";
}

function histogramSamples(name: string, labels: Labels, histogram: PlainHistogram): Sample[] {
  const samples: Sample[] = [];
  let below = 0;
  histogram.edges.forEach((edge, i) => {
    below += histogram.counts[i] as number;
    samples.push({ labels: { ...labels, le: edge }, value: below, metricName: `${name}_bucket` });
  });
  const count = histogram.count;
  samples.push({ labels: { ...labels, le: "+Inf" }, value: count, metricName: `${name}_bucket` });
  samples.push({ labels: { ...labels }, value: histogram.sum, metricName: `${name}_sum` });
  samples.push({ labels: { ...labels }, value: count, metricName: `${name}_count` });
  return samples;
}
