import { measureOffline } from "./features/offline.ts";
import { measureOnline } from "./features/online.ts";
import { type Figure, meets, print } from "./report.ts";

/**
 * `npm run bench -- features [--only PART] [-- --data FILE] [--entities N]`: what features cost, a part at a time. Exits with 1 when a
 * figure misses its target.
 *
 *   offline  1.3 million payments × 15 features out of a file: time and memory. First, so that its memory is its own.
 *   online   12 aggregates over 3 entities, a million entities in Redis (`--entities N --rounds N`): Score, ScoreBatch, memory.
 */
const PARTS: Readonly<Record<string, (args: readonly string[]) => Promise<readonly Figure[]>>> = {
  offline: measureOffline,
  online: measureOnline,
};

const args = process.argv.slice(2);
const only = args.includes("--only") ? args[args.indexOf("--only") + 1]?.split(",") : undefined;
const unknown = only?.filter((name) => !Object.hasOwn(PARTS, name)) ?? [];
if (unknown.length > 0) {
  console.error(`features has no part ${unknown.join(", ")}; there are: ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}
let missed = 0;
for (const [name, measure] of Object.entries(PARTS)) {
  if (only && !only.includes(name)) continue;
  console.log(`-- ${name}`);
  for (const figure of await measure(args)) {
    print(figure);
    if (!meets(figure)) missed++;
  }
}
process.exitCode = missed > 0 ? 1 : 0;
