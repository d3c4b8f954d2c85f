import { normalCdf, normalQuantile } from "../../platform/math/normal-distribution.ts";
import type { Random } from "../../platform/math/random.ts";
import type { ProfileClass, ProfileComponent, QuantileFunction, SimulatorProfile } from "./profile-schema.ts";

const DAY_SECONDS = 86_400;
/** Hour, V1…V28, Amount. */
const VARIABLES = 30;

/** What the model reads of a transaction, and the truth about it. */
export interface Features {
  readonly v: number[];
  readonly amount: number;
  readonly fraud: boolean;
}

/** Draws transactions from the profile: the same seed gives the same transactions. */
export interface Generator {
  /** A transaction of a class at a time of day, seconds (the hour decides what is likely). */
  draw(fraud: boolean, timeSeconds: number): Features;
}

/**
 * Each class is a mixture of components. A component is drawn by its share at the hour; its variables are dependent
 * normals (Gaussian copula, the hour's own score given), each then put through its quantile function.
 */
export function createGenerator(profile: SimulatorProfile, random: Random): Generator {
  const classes = { fraud: prepare(profile.fraud), legitimate: prepare(profile.legitimate) };
  const scores = new Float64Array(VARIABLES);
  return {
    draw(fraud, timeSeconds) {
      const { components, byHour } = fraud ? classes.fraud : classes.legitimate;
      const hour = (timeSeconds % DAY_SECONDS) / 3_600;
      const component = components[random.pick(byHour[Math.floor(hour)]!)]!;
      scores[0] = hourScore(component.hours, hour);
      for (let i = 1; i < VARIABLES; i++) scores[i] = random.normal();
      const values: number[] = [];
      for (let i = 1; i < VARIABLES; i++) {
        const row = component.cholesky[i]!;
        let z = 0;
        for (let j = 0; j <= i; j++) z += row[j]! * scores[j]!;
        values.push(valueAt(component.quantiles[i - 1]!, normalCdf(z)));
      }
      const amount = values.pop()!;
      return { v: values.map(sixDigits), amount: Math.max(0, Math.round(amount * 100) / 100), fraud };
    },
  };
}

interface Prepared {
  readonly hours: readonly number[];
  readonly quantiles: readonly QuantileFunction[];
  /** Lower triangle of L with L·Lᵀ = the correlations; row 0 is the hour. */
  readonly cholesky: readonly Float64Array[];
}

function prepare(cls: ProfileClass): { components: Prepared[]; byHour: Float64Array[] } {
  const components = cls.components.map(({ hours, quantiles, correlations }: ProfileComponent) => ({
    hours,
    quantiles,
    cholesky: choleskyOf(correlations),
  }));
  const byHour = Array.from({ length: 24 }, (_, hour) => {
    const weights = Float64Array.from(cls.components, (c) => c.weight * c.hours[hour]!);
    return weights.some((w) => w > 0) ? weights : Float64Array.from(cls.components, (c) => c.weight);
  });
  return { components, byHour };
}

/**
 * Cholesky factor of a correlation matrix given by its strict lower triangle. Rounding to three digits can leave a
 * matrix not quite positive definite: the diagonal's remainder is then kept at a small positive value.
 */
function choleskyOf(triangle: readonly number[]): Float64Array[] {
  const factor: Float64Array[] = [];
  let at = 0;
  for (let i = 0; i < VARIABLES; i++) {
    const row = new Float64Array(i + 1);
    let rest = 1;
    for (let j = 0; j < i; j++) {
      let sum = triangle[at++]!;
      for (let k = 0; k < j; k++) sum -= row[k]! * factor[j]![k]!;
      row[j] = sum / factor[j]![j]!;
      rest -= row[j]! ** 2;
    }
    row[i] = Math.sqrt(Math.max(rest, 1e-3));
    factor.push(row);
  }
  return factor;
}

/** Normal score of an hour in the component's own day. */
function hourScore(hours: readonly number[], hour: number): number {
  const whole = Math.floor(hour);
  let before = 0;
  for (let h = 0; h < whole; h++) before += hours[h]!;
  const p = before + hours[whole]! * (hour - whole);
  return normalQuantile(Math.min(0.999, Math.max(0.001, p)));
}

function valueAt({ at, value }: QuantileFunction, p: number): number {
  let low = 0;
  let high = at.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at[middle]! <= p) low = middle;
    else high = middle;
  }
  const width = at[high]! - at[low]!;
  return width > 0 ? value[low]! + ((p - at[low]!) / width) * (value[high]! - value[low]!) : value[high]!;
}

function sixDigits(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
