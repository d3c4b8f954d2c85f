import type { GateCheck, GateReport } from "../../domain/model-care.ts";
import { driftOf } from "../../platform/math/drift.ts";
import { Random } from "../../platform/math/random.ts";
import { compareAuprc } from "../evaluate/auprc-difference.ts";
import { quantile } from "../evaluate/bootstrap.ts";
import { rank, rankingQuality } from "../evaluate/ranking.ts";
import type { Matrix } from "../features/matrix.ts";
import { figuresOfJudged, type Judged, loadAt, riskiest } from "./judged.ts";

/** One of the two models that the gate holds against each other. */
export interface Contender {
  /** Of the judged payments, in their order. */
  readonly scores: Float32Array;
  /** From where on it sends payments to people. */
  readonly reviewEdge: number;
  readonly bytes: number;
  /** To score one payment of many, microseconds. */
  readonly micros: number;
  /** How far a score falls, in the mean, when what the reasons name is made usual, and when as many others are; null where it cannot be explained. */
  readonly fidelity: { readonly named: number; readonly others: number } | null;
  /** Share of its gain by input; undefined where its card does not say. */
  readonly looksAt?: Readonly<Record<string, number>> | undefined;
}

/** What the gate looks at. Judged payments are later than whatever the candidate learned from. */
export interface GateInput {
  readonly candidate: Contender;
  readonly champion: Contender;
  /** Legitimate payments that the candidate learned from, with the champion's scores. */
  readonly earlier: { readonly inputs: Matrix; readonly scores: Float32Array };
  readonly labels: Uint8Array;
  /** How many payments each stands for; none is 0. */
  readonly weights: Float64Array;
  readonly inputs: Matrix;
  /** Groups that neither model may be traded off against another, e.g. by country: what each payment is there. */
  readonly slices: Readonly<Record<string, readonly (string | null)[]>>;
  /** ISO 8601. */
  readonly since: string;
  readonly holdsFor: string;
  readonly knownInTime: boolean;
  readonly seed: number;
}

/** What the gate lets pass. */
export const GATE_LIMITS = {
  /** Fewer judged frauds say nothing. */
  frauds: 20,
  /** So much of the frauds may be missed more, with {@link GATE_LIMITS.sure} confidence, and it still counts as no worse. */
  recall: 0.05,
  sure: 0.95,
  /** Mean score ÷ share of frauds: as far from 1 as this factor. */
  calibration: 2,
  /** Its own edges may send so many times as many payments to people as the champion's. */
  load: 1.5,
  /** A slice is looked at from so many frauds on. */
  sliceFrauds: 8,
  sliceRecall: 0.1,
  /** One input that alone ranks as well as this is known too late to be an input. */
  leakAuc: 0.99,
  leakPrecision: 0.9,
  /** … unless the champion looks at it about as much: so many times, and so much more, is new. */
  leakGain: { factor: 2, more: 0.05 },
  micros: { factor: 3, free: 50 },
  bytes: { factor: 4, free: 8 * 1024 * 1024 },
  psi: 0.25,
  /** Of inputs with so much of the gain. */
  psiGain: 0.05,
} as const;

const DRAWS = 2_000;
const PSI_BINS = 10;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/**
 * Whether a candidate may take part: every question has to be answered well, and what cannot be told counts as no.
 * Pure: the same input gives the same report.
 */
export function gate(input: GateInput): GateReport {
  const { candidate, champion, labels, weights } = input;
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  const judged = (scores: Float32Array): Judged => ({ scores, labels, weights });
  const base = {
    ...{ rows: labels.length, frauds, since: input.since },
    holdsFor: input.knownInTime
      ? input.holdsFor
      : `${input.holdsFor}; most labels came in one go, so it is later in payments, not in what was known`,
  };
  const enough = check(
    "enough",
    frauds >= GATE_LIMITS.frauds && frauds < labels.length,
    `at least ${GATE_LIMITS.frauds} frauds and others to judge on`,
    `${frauds} frauds of ${labels.length} payments that neither learned from`,
  );
  if (!enough.passed) {
    const nothing = { auprc: 0, recall: 0, precision: 0, calibration: 0, load: 0 };
    return { ...base, passed: false, checks: [enough], candidate: nothing, champion: nothing };
  }
  const load = Math.max(
    loadAt(judged(champion.scores), champion.reviewEdge),
    // A champion that sends nobody anything: as many as there are frauds.
    figuresShare(labels, weights),
  );
  const both = {
    candidate: figuresOfJudged(judged(candidate.scores), load, candidate.reviewEdge),
    champion: figuresOfJudged(judged(champion.scores), load, champion.reviewEdge),
  };
  const gain = gains(input, load);
  const checks = [
    enough,
    figuresCheck(input, load, gain),
    rankingCheck(input),
    calibrationCheck(both),
    loadCheck(both),
    sliceCheck(input, gain),
    leakCheck(input),
    driftCheck(input),
    latencyCheck(input),
    sizeCheck(input),
    fidelityCheck(input),
  ];
  return { ...base, passed: checks.every(({ passed }) => passed), checks, ...both };
}

const check = (name: string, passed: boolean, asked: string, found: string): GateCheck => ({
  ...{ name, passed, asked, found },
});

function figuresShare(labels: Uint8Array, weights: Float64Array): number {
  let [frauds, all] = [0, 0];
  for (let r = 0; r < labels.length; r++) {
    all += weights[r] as number;
    if (labels[r] === 1) frauds += weights[r] as number;
  }
  return frauds / all;
}

/** Draws frauds with replacement. @returns sorted weighted means of `of` over the drawn */
function resampled(
  rows: readonly number[],
  of: (row: number) => number,
  weights: Float64Array,
  seed: number,
) {
  const means = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    const random = new Random(seed, 0x6a7e + draw);
    let [total, weight] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[random.int(rows.length)] as number;
      total += (weights[row] as number) * of(row);
      weight += weights[row] as number;
    }
    means[draw] = total / weight;
  }
  return means.sort();
}

const fraudRows = (labels: Uint8Array): number[] =>
  Array.from(labels.keys()).filter((row) => labels[row] === 1);

/** Of a row: caught by the candidate alone (1), by the champion alone (−1), by both or neither (0). */
type Gain = (row: number) => number;

/** … at one review load. */
function gains({ candidate, champion, labels, weights }: GateInput, load: number): Gain {
  const [mine, theirs] = [candidate, champion].map(({ scores }) =>
    riskiest({ scores, labels, weights }, load),
  );
  return (row) => (mine?.[row] ?? 0) - (theirs?.[row] ?? 0);
}

function figuresCheck(input: GateInput, load: number, gain: Gain): GateCheck {
  const rows = fraudRows(input.labels);
  const means = resampled(rows, gain, input.weights, input.seed);
  const low = quantile(means, 1 - GATE_LIMITS.sure);
  const more = rows.filter((row) => gain(row) > 0).length;
  const fewer = rows.filter((row) => gain(row) < 0).length;
  return check(
    "figures",
    low >= -GATE_LIMITS.recall,
    `at the champion's review load (${percent(load)} of payments) it misses at most ${percent(GATE_LIMITS.recall)} more of the frauds, with ${percent(GATE_LIMITS.sure)} confidence`,
    `${more} frauds more and ${fewer} fewer of ${rows.length}; at worst ${percent(low)}`,
  );
}

function rankingCheck({ candidate, champion, labels, weights, seed }: GateInput): GateCheck {
  const of = (scores: Float32Array): Judged => ({ scores, labels, weights });
  const { difference } = compareAuprc(of(champion.scores), of(candidate.scores), { seed, draws: 500 });
  const { value, low, high } = difference;
  return check(
    "ranking",
    high >= 0,
    "its AUPRC is not credibly lower",
    `difference ${value.toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`,
  );
}

type Both = Pick<GateReport, "candidate" | "champion">;

function calibrationCheck({ candidate, champion }: Both): GateCheck {
  const off = (ratio: number): number => Math.abs(Math.log(ratio));
  return check(
    "calibration",
    off(candidate.calibration) <= Math.max(Math.log(GATE_LIMITS.calibration), off(champion.calibration)),
    `its scores add up to the frauds there are, within a factor of ${GATE_LIMITS.calibration} or as well as the champion's`,
    `${candidate.calibration.toFixed(2)} times the frauds, the champion ${champion.calibration.toFixed(2)}`,
  );
}

function loadCheck({ candidate, champion }: Both): GateCheck {
  return check(
    "load",
    candidate.load <= GATE_LIMITS.load * champion.load + 0.001,
    `its own edges send at most ${GATE_LIMITS.load} times as many payments to people`,
    `${percent(candidate.load)} of payments, the champion ${percent(champion.load)}`,
  );
}

function sliceCheck(input: GateInput, gain: Gain): GateCheck {
  const frauds = fraudRows(input.labels);
  const groups = Object.entries(input.slices).flatMap(([by, values]) => {
    const rows = new Map<string, number[]>();
    for (const row of frauds) {
      const value = values[row];
      if (value === null || value === undefined) continue;
      rows.set(value, [...(rows.get(value) ?? []), row]);
    }
    return [...rows]
      .filter(([, some]) => some.length >= GATE_LIMITS.sliceFrauds)
      .map(([value, some]) => ({ by, value, rows: some }));
  });
  // So many looks: each has to be as sure as all of them together (Bonferroni).
  const level = (1 - GATE_LIMITS.sure) / Math.max(1, groups.length);
  const worse = groups.flatMap(({ by, value, rows }) => {
    const means = resampled(rows, gain, input.weights, input.seed);
    const mean = means.reduce((a, b) => a + b, 0) / means.length;
    if (!(quantile(means, 1 - level) < 0 && mean < -GATE_LIMITS.sliceRecall)) return [];
    return [`${by} ${value}: ${percent(mean)} of ${rows.length} frauds`];
  });
  const looked = [...new Set(groups.map(({ by }) => by))].join(", ");
  return check(
    "slices",
    worse.length === 0,
    `nowhere does it credibly miss more than ${percent(GATE_LIMITS.sliceRecall)} more of the frauds`,
    worse.length > 0
      ? worse.join("; ")
      : groups.length === 0
        ? `no group has ${GATE_LIMITS.sliceFrauds} frauds to look at`
        : `${groups.length} groups by ${looked}`,
  );
}

/** An input that was written after the truth was known ranks by itself, and is new to whoever learned before it was. */
function leakCheck({ candidate, champion, inputs, labels, weights }: GateInput): GateCheck {
  const { factor, more } = GATE_LIMITS.leakGain;
  const isNew = (name: string): boolean =>
    (candidate.looksAt?.[name] ?? 1) > factor * (champion.looksAt?.[name] ?? 0) + more;
  const suspects: string[] = [];
  const column = new Float32Array(inputs.rows);
  for (const [c, name] of inputs.names.entries()) {
    for (const sign of [1, -1]) {
      for (let r = 0; r < inputs.rows; r++)
        column[r] = sign * (inputs.values[r * inputs.columns + c] as number);
      const { auc, auprc } = rankingQuality(rank({ scores: column, labels, weights }));
      if (auc >= GATE_LIMITS.leakAuc && auprc >= GATE_LIMITS.leakPrecision && isNew(name))
        suspects.push(`${name} alone has AUPRC ${auprc.toFixed(3)}`);
    }
  }
  return check(
    "leak",
    suspects.length === 0,
    "no input that the champion does not look at tells by itself what was fraud: one that does was written after the truth was known",
    suspects.length > 0 ? suspects.join("; ") : `${inputs.columns} inputs`,
  );
}

/**
 * Whether the payments it is judged on are like those it learned from: by the champion's scores (the candidate knows those
 * that it learned from), and by each input that the candidate looks at. Chance alone moves few payments by (bins − 1) ×
 * (1/n + 1/m): four times that is let pass.
 */
function driftCheck({ candidate, champion, earlier, inputs, labels }: GateInput): GateCheck {
  const rows = Array.from(labels.keys()).filter((row) => labels[row] === 0);
  const columnOf = ({ values, columns, rows: all }: Matrix, c: number, some?: readonly number[]) =>
    (some ?? Array.from({ length: all }, (_, r) => r)).map((r) => values[r * columns + c] as number);
  const looked = inputs.names.filter((name) => (candidate.looksAt?.[name] ?? 1) >= GATE_LIMITS.psiGain);
  const columns = [
    { name: "the score", before: earlier.scores, after: rows.map((row) => champion.scores[row] as number) },
    ...looked.map((name) => {
      const c = inputs.names.indexOf(name);
      return { name, before: columnOf(earlier.inputs, c), after: columnOf(inputs, c, rows) };
    }),
  ];
  const chance = (PSI_BINS - 1) * (1 / earlier.scores.length + 1 / rows.length);
  const limit = Math.max(GATE_LIMITS.psi, 4 * chance);
  const found = columns
    .map(({ name, before, after }) => ({
      name,
      psi: driftOf(name, { values: before }, { values: after }, PSI_BINS).psi,
    }))
    .sort((a, b) => b.psi - a.psi);
  const moved = found.filter(({ psi }) => psi > limit);
  const words = (some: typeof found): string =>
    some.map(({ name, psi }) => `${name} ${psi.toFixed(3)}`).join(", ");
  return check(
    "drift",
    moved.length === 0,
    `the legitimate payments it is judged on are like those it learned from: PSI up to ${limit.toFixed(2)} of the champion's scores and of what it looks at`,
    moved.length > 0 ? words(moved) : `at most ${words(found.slice(0, 1))} of ${found.length}`,
  );
}

function latencyCheck({ candidate, champion }: GateInput): GateCheck {
  const { factor, free } = GATE_LIMITS.micros;
  return check(
    "latency",
    candidate.micros <= Math.max(free, factor * champion.micros),
    `a payment costs at most ${factor} times the champion's time, or ${free} µs`,
    `${candidate.micros.toFixed(1)} µs, the champion ${champion.micros.toFixed(1)} µs`,
  );
}

function sizeCheck({ candidate, champion }: GateInput): GateCheck {
  const { factor, free } = GATE_LIMITS.bytes;
  const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
  return check(
    "size",
    candidate.bytes <= Math.max(free, factor * champion.bytes),
    `the file has at most ${factor} times the champion's bytes, or ${megabytes(free)}`,
    `${megabytes(candidate.bytes)}, the champion ${megabytes(champion.bytes)}`,
  );
}

function fidelityCheck({ candidate, champion }: GateInput): GateCheck {
  const asked = "it can be explained, and what its reasons name moves the score more than what they do not";
  const { fidelity } = candidate;
  if (!fidelity) return check("explanation", champion.fidelity === null, asked, "it cannot be explained");
  return check(
    "explanation",
    fidelity.named > fidelity.others,
    asked,
    `made usual, the named inputs lower a score by ${fidelity.named.toFixed(3)}, as many others by ${fidelity.others.toFixed(3)}`,
  );
}
