import { logGamma } from "./log-gamma.ts";

/**
 * Evidence that may be looked at whenever one likes. An e-value is what a fair bet against the hypothesis has grown to: it
 * reaches 1 ÷ α with probability at most α, however often and by whatever rule one looks (Ville's inequality; Ramdas et al.
 * 2023, "Game-theoretic statistics and safe anytime-valid inference").
 */

/** So much is as sure as a test at 5 %. */
export const SURE = 20;
/** Numbers beyond this say no more. */
const MOST = 1e12;

/**
 * Evidence that of two sides one wins more often, from how often each has won so far: the bet is spread over all shares by
 * Jeffreys' prior, ∫ θ^w (1−θ)^l dBeta(½, ½) ÷ 2^−(w+l).
 */
export function evenSplitEvidence(wins: number, losses: number): number {
  const log = logBeta(wins + 0.5, losses + 0.5) - logBeta(0.5, 0.5) + (wins + losses) * Math.LN2;
  return Math.min(MOST, Math.exp(log));
}

/** Of one arm, in the order of their coming: true is a success. */
export type Outcomes = readonly boolean[];

/**
 * Evidence that two arms succeed at different rates (Turner, Ly & Grünwald 2024, "Generic E-variables for exact sequential
 * k-sample tests that allow for optional stopping"): blocks of one outcome of the smaller arm and `ratio` of the larger; in
 * each, what both arms' rates were thought to be before it is bet against their mean.
 *
 * @param ratio outcomes of `b` for each of `a`, fixed beforehand, a whole number from 1 on
 */
export function twoRatesEvidence(a: Outcomes, b: Outcomes, ratio = 1): number {
  let log = 0;
  const [thinkA, thinkB] = [new Rate(), new Rate()];
  for (let block = 0; block < a.length && (block + 1) * ratio <= b.length; block++) {
    const [rateA, rateB] = [thinkA.mean, thinkB.mean];
    const common = (rateA + ratio * rateB) / (1 + ratio);
    const bet = (success: boolean, rate: number): void => {
      log += Math.log(success ? rate / common : (1 - rate) / (1 - common));
    };
    const ofA = a[block] as boolean;
    const ofB = b.slice(block * ratio, (block + 1) * ratio);
    bet(ofA, rateA);
    for (const success of ofB) bet(success, rateB);
    thinkA.add(ofA);
    for (const success of ofB) thinkB.add(success);
  }
  return Math.min(MOST, Math.exp(log));
}

/** A rate as it is thought of so far, by Jeffreys' prior. */
class Rate {
  #successes = 0.5;
  #all = 1;

  get mean(): number {
    return this.#successes / this.#all;
  }

  add(success: boolean): void {
    this.#successes += Number(success);
    this.#all++;
  }
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
