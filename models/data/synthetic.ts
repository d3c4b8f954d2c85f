import { Random } from "../../platform/math/random.ts";
import { inputNames } from "./dataset.ts";

/**
 * Made-up transactions as CSV, for tests: V's are standard normal, frauds have the first four shifted, so that a
 * model finds most of them but not all.
 */
export function syntheticCsv(
  rows: number,
  frauds: number,
  {
    seed = 1,
    lastTime = 144_999,
    weight = false,
  }: { seed?: number; lastTime?: number; weight?: boolean } = {},
): string {
  const random = new Random(seed, 99);
  const lines = [[...inputNames, "Class", ...(weight ? ["Weight"] : [])].join(",")];
  for (let r = 0; r < rows; r++) {
    const label = Math.floor(((r + 1) * frauds) / rows) > Math.floor((r * frauds) / rows) ? 1 : 0;
    const cells: (number | string)[] = [Math.floor((r * lastTime) / Math.max(1, rows - 1))];
    for (let v = 0; v < 28; v++) cells.push((random.normal() + (label === 1 && v < 4 ? 2 : 0)).toFixed(6));
    cells.push(Math.exp(3 + 1.5 * random.normal()).toFixed(2), label);
    if (weight) cells.push(label === 1 ? 1 : 4);
    lines.push(cells.join(","));
  }
  return `${lines.join("\n")}\n`;
}
