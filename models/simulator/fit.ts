import type {
  ProfileClass,
  ProfileComponent,
  SimulatorProfile,
} from "../../pipeline/simulator/profile-schema.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Clusters, kMeans } from "./k-means.ts";
import { normalScores, shrunkCorrelations } from "./normal-scores.ts";
import { amountQuantiles, continuousQuantiles, moments } from "./quantile-function.ts";
import type { Volume } from "./volume.ts";

const HOURS = 24;
const COMPONENTS = 28;
/** Clusters look at values no farther than this from the mean, in standard deviations: outliers make no cluster. */
const CLIP = 4;

/** Fewer rows than this in an hour say little about it: its neighbours are asked as well. */
const ROWS_PER_HOUR = 200;
const WIDEST_HOURS = 4;

/** How finely each class is cut up. */
export interface FitOptions {
  readonly seed: number;
  readonly legitimate: { readonly clusters: number; readonly minRows: number };
  readonly fraud: { readonly clusters: number; readonly minRows: number };
}

export const FIT_DEFAULTS: FitOptions = {
  seed: 42,
  legitimate: { clusters: 12, minRows: 300 },
  fraud: { clusters: 10, minRows: 20 },
};

/**
 * Fits the simulator's profile: each class as a mixture of k-means clusters, each cluster with its own marginals
 * (quantile functions) and its own dependence (a Gaussian copula, Nelsen 2006 §2.3, over hour, V1…V28 and amount).
 *
 * Rows count by their weight. The components say what transactions of an hour look like, `volume` how many there are.
 *
 * @param volume hours of the full data: a sample that ends within a day cannot know them
 */
export function fitProfile(
  data: Dataset,
  volume: Volume,
  options: FitOptions = FIT_DEFAULTS,
): Pick<SimulatorProfile, "hours" | "fraudRate" | "legitimate" | "fraud"> {
  const total = volume.legitimate.map((count, hour) => count + volume.fraud[hour]!);
  const frauds = sum(volume.fraud);
  return {
    hours: shares(total),
    fraudRate: frauds / sum(total),
    legitimate: fitClass(data, 0, volume.legitimate, options.legitimate, options.seed),
    fraud: fitClass(data, 1, volume.fraud, options.fraud, options.seed + 1),
  };
}

function fitClass(
  data: Dataset,
  label: 0 | 1,
  hourly: readonly number[],
  cut: { readonly clusters: number; readonly minRows: number },
  seed: number,
): ProfileClass {
  const rows = Int32Array.from(data.labels.keys()).filter((r) => data.labels[r] === label);
  const weights = Float64Array.from(rows, (r) => data.weights[r]!);
  const variables = Array.from({ length: COMPONENTS }, (_, v) =>
    Float64Array.from(rows, (r) => data.inputs.values[r * data.inputs.columns + 1 + v]!),
  );
  const amounts = Float64Array.from(rows, (r) => data.amounts[r]!);
  const hours = Float64Array.from(rows, (r) => (data.times[r]! % 86_400) / 3_600);
  const clusters = cluster([...variables, amounts.map(Math.log1p)], weights, cut, seed);
  const all = sum(weights);

  const components = Array.from({ length: clusters.count }, (_, c): ProfileComponent => {
    const members = Int32Array.from(rows.keys()).filter((i) => clusters.of[i] === c);
    const pick = (column: Float64Array): Float64Array => Float64Array.from(members, (i) => column[i]!);
    const own = pick(weights);
    const scored = [hours, ...variables, amounts].map((column) => normalScores(pick(column), own));
    const perHour = Array<number>(HOURS).fill(0);
    for (const i of members) perHour[Math.floor(hours[i]!)]! += weights[i]!;
    return {
      weight: round(sum(own) / all),
      hours: shares(smoothHours(perHour, members.length)),
      quantiles: [
        ...variables.map((column) => continuousQuantiles(pick(column), own)),
        amountQuantiles(pick(amounts), own),
      ],
      correlations: shrunkCorrelations(scored, own),
    };
  });
  return { rows: rows.length, hours: shares(hourly), components };
}

function cluster(
  columns: readonly Float64Array[],
  weights: Float64Array,
  cut: { readonly clusters: number; readonly minRows: number },
  seed: number,
): Clusters {
  const rows = weights.length;
  const points = new Float64Array(rows * columns.length);
  for (const [j, column] of columns.entries()) {
    const { mean, deviation } = moments(column, weights);
    for (let i = 0; i < rows; i++) {
      points[i * columns.length + j] = Math.max(
        -CLIP,
        Math.min(CLIP, (column[i]! - mean) / (deviation || 1)),
      );
    }
  }
  return kMeans(points, columns.length, weights, { ...cut, seed, runs: 3 });
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/**
 * Circular Gaussian kernel over the hours of the day, the wider the fewer rows there are: a dozen frauds in an hour of
 * two days do not tell what that hour is like.
 */
function smoothHours(counts: readonly number[], rows: number): number[] {
  const width = Math.min(WIDEST_HOURS, Math.sqrt((ROWS_PER_HOUR * HOURS) / rows) - 1);
  if (width <= 0) return [...counts];
  return counts.map((_, hour) => {
    let total = 0;
    let kernel = 0;
    for (let other = 0; other < HOURS; other++) {
      const apart = Math.min(Math.abs(hour - other), HOURS - Math.abs(hour - other));
      const k = Math.exp(-((apart / width) ** 2) / 2);
      total += k * counts[other]!;
      kernel += k;
    }
    return total / kernel;
  });
}

function shares(counts: readonly number[]): number[] {
  const total = sum(counts);
  return counts.map((count) => round(count / total));
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
