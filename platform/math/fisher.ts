import { logGamma } from "./log-gamma.ts";

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/**
 * Fisher's exact test whether a part has hits as often as the rest: twice the smaller tail. Sound also where hits are few,
 * where Pearson's χ² is not.
 *
 * @param hits in the part
 * @param part its size
 * @param allHits in the whole, the part with it
 * @param whole its size; whole numbers up to some hundred thousand
 * @returns how often chance alone does as much, or more, on that side; 1 where there is nothing to compare with
 */
export function fisherP(hits: number, part: number, allHits: number, whole: number): number {
  const least = Math.max(0, part + allHits - whole);
  const most = Math.min(part, allHits);
  if (part === 0 || part === whole || least === most) return 1;
  const together = logChoose(whole, part);
  const chanceOf = (k: number): number =>
    Math.exp(logChoose(allHits, k) + logChoose(whole - allHits, part - k) - together);
  const sum = (from: number, to: number): number => {
    let chance = 0;
    for (let k = from; k <= to; k++) chance += chanceOf(k);
    return chance;
  };
  return Math.min(1, 2 * Math.min(sum(least, hits), sum(hits, most)));
}
