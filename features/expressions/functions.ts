import type { Value } from "../../domain/features/definition.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Functions beside CEL's own, by signature. A number is `double`; whole numbers of CEL's (`int`) are taken too, as
 * bigint.
 */
export const FUNCTIONS: Readonly<Record<string, (...args: never[]) => Value>> = {
  ...ofNumber("abs", Math.abs),
  ...ofNumber("floor", Math.floor),
  ...ofNumber("ceil", Math.ceil),
  ...ofNumber("round", Math.round),
  ...ofNumber("sqrt", Math.sqrt),
  ...ofNumber("exp", Math.exp),
  ...ofNumber("log", Math.log),
  ...ofNumber("log1p", Math.log1p),
  ...ofNumbers("min", Math.min),
  ...ofNumbers("max", Math.max),
  ...ofNumbers("pow", (a, b) => a ** b),
  /** The hour of the day in UTC with its fraction: [0, 24). */
  "hour_of_day(google.protobuf.Timestamp): double": (at: Date) => mod(at.getTime(), DAY_MS) / HOUR_MS,
};

/** Whole numbers of CEL's where our numbers are: `amount * 2`, `amount == 1`. */
export const MIXED_OPERATORS: Readonly<
  Record<string, (a: number | bigint, b: number | bigint) => number | boolean>
> = {
  ...mixed("+", (a, b) => a + b),
  ...mixed("-", (a, b) => a - b),
  ...mixed("*", (a, b) => a * b),
  ...mixed("/", (a, b) => a / b),
  "double == int: bool": (a, b) => Number(a) === Number(b),
};

function ofNumber(name: string, run: (x: number) => number): Record<string, (x: number | bigint) => number> {
  const any = (x: number | bigint) => run(Number(x));
  return { [`${name}(double): double`]: any, [`${name}(int): double`]: any };
}

function ofNumbers(
  name: string,
  run: (a: number, b: number) => number,
): Record<string, (a: number | bigint, b: number | bigint) => number> {
  const any = (a: number | bigint, b: number | bigint) => run(Number(a), Number(b));
  const types = ["double", "int"];
  return Object.fromEntries(types.flatMap((a) => types.map((b) => [`${name}(${a}, ${b}): double`, any])));
}

function mixed(
  operator: string,
  run: (a: number, b: number) => number,
): Record<string, (a: number | bigint, b: number | bigint) => number> {
  const any = (a: number | bigint, b: number | bigint) => run(Number(a), Number(b));
  return { [`double ${operator} int: double`]: any, [`int ${operator} double: double`]: any };
}

function mod(a: number, b: number): number {
  return ((a % b) + b) % b;
}
