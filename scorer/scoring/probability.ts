import { DomainError } from "../../platform/process/errors.ts";

/** A sum of float32 values rounds: the votes of a forest may add up to 1.000001. */
const ROUNDING = 1e-5;

/**
 * A model's answer as a probability. What is none (not a number, infinite, outside [0, 1] by more than rounding) becomes
 * NaN, which has no tier and never decides about a payment: see {@link noProbability}.
 */
export function probabilityOf(answer: number): number {
  if (answer >= 0 && answer <= 1) return answer;
  if (answer > 1 && answer <= 1 + ROUNDING) return 1;
  return answer < 0 && answer >= -ROUNDING ? 0 : Number.NaN;
}

/** What a transaction fails with, alone, for which a model gave no probability. @param model "name@version" */
export function noProbability(model: string): DomainError {
  return new DomainError("internal", `model ${model} gave no probability for this transaction`);
}
