import { price } from "./money.ts";
import { type Programme, type ProgrammeInput, programmeImpact, programmeSchema } from "./programme.ts";

/** One bar of the tornado: net benefit a year when one assumption moves and the others stay. */
export interface TornadoBar {
  readonly assumption: string;
  readonly low: number;
  readonly high: number;
  readonly lowText: string;
  readonly highText: string;
  readonly netAtLow: number;
  readonly netAtHigh: number;
}

/** The assumptions that are single numbers. */
type Assumption = {
  [K in keyof Programme]: Programme[K] extends number ? K : never;
}[keyof Programme];

const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;
const plain = (value: number): string =>
  new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 }).format(value);

/** Name, how it is written, and how far it may be off: a factor down and up. */
const RANGES: readonly (readonly [Assumption, string, (value: number) => string, number, number])[] = [
  ["fraudVolume", "Frauds, against the measured rate", (value) => `× ${plain(value)}`, 0.5, 2],
  ["transactionsPerDay", "Transactions a day", plain, 0.7, 1.3],
  ["reviewEffectiveness", "Frauds a review stops", percent, 0.8, 1.05],
  ["challengeEffectiveness", "Frauds a challenge stops", percent, 0.7, 1.2],
  ["recoveryRate", "Recovered after a loss", percent, 0.5, 2],
  ["chargebackFee", "Fee of a lost fraud", price, 0.5, 2],
  ["analysts", "Analysts", plain, 0.5, 2],
  ["minutesPerReview", "Minutes a review", plain, 0.5, 2],
  ["analystHourlyCost", "Cost of an analyst hour", price, 0.7, 1.5],
  ["reviewChurnRate", "Honest customers lost by a review", percent, 0.2, 2],
  ["challengeChurnRate", "Honest customers lost by a challenge", percent, 0.2, 5],
  ["customerValue", "Value of a customer", price, 0.5, 2],
  ["programmeCostPerYear", "Programme cost a year", price, 0.5, 2],
];

/** Tornado: every assumption down and up alone, the widest bar first. */
export function tornado(input: ProgrammeInput): TornadoBar[] {
  const programme = programmeSchema.parse(input);
  const net = (key: Assumption, value: number): number =>
    programmeImpact({ ...programme, [key]: value }).netBenefit;
  return RANGES.map(([key, assumption, text, down, up]) => {
    const isShare = text === percent;
    const low = programme[key] * down;
    const high = isShare ? Math.min(1, programme[key] * up) : programme[key] * up;
    return {
      assumption,
      low,
      high,
      lowText: text(low),
      highText: text(high),
      netAtLow: net(key, low),
      netAtHigh: net(key, high),
    };
  }).sort((a, b) => Math.abs(b.netAtHigh - b.netAtLow) - Math.abs(a.netAtHigh - a.netAtLow));
}

/** Where the programme begins to pay; undefined where it does so nowhere in reach. */
export interface BreakEven {
  /** The programme pays as long as it costs no more than this a year; negative: not even for nothing. */
  readonly programmeCostPerYear: number;
  /** Frauds, as a multiple of the measured rate, from which it pays; searched up to 100. */
  readonly fraudVolume: number | undefined;
  /** Transactions a day from which it pays; searched up to 100 times the given number. */
  readonly transactionsPerDay: number | undefined;
}

/** Break-even points of a programme, each with everything else as given. */
export function breakEven(input: ProgrammeInput): BreakEven {
  const programme = programmeSchema.parse(input);
  const { netBenefit } = programmeImpact(programme);
  const crossing = (of: (factor: number) => Programme): number | undefined =>
    firstCrossing((factor) => programmeImpact(of(factor)).netBenefit);
  const volume = crossing((factor) => ({ ...programme, fraudVolume: factor }));
  const transactions = crossing((factor) => ({
    ...programme,
    transactionsPerDay: Math.max(factor, 1e-9) * programme.transactionsPerDay,
  }));
  return {
    programmeCostPerYear: programme.programmeCostPerYear + netBenefit,
    fraudVolume: volume,
    transactionsPerDay: transactions === undefined ? undefined : transactions * programme.transactionsPerDay,
  };
}

/** The smallest factor in (0, 100] from which `net` is not negative, by a scan and bisection. */
function firstCrossing(net: (factor: number) => number): number | undefined {
  let below = 0;
  if (net(below) >= 0) return 0;
  for (let step = 1; step <= 400; step++) {
    let above = 100 ** (step / 200 - 1); // 0.01 … 100, evenly on a logarithmic scale
    if (net(above) < 0) {
      below = above;
      continue;
    }
    for (let i = 0; i < 60; i++) {
      const middle = (below + above) / 2;
      if (net(middle) < 0) below = middle;
      else above = middle;
    }
    return above;
  }
  return undefined;
}
