import { parseArgs } from "node:util";
import { type Figure, meets, print } from "./report.ts";
import { codec } from "./scorer/codec.ts";
import { drains } from "./scorer/drain.ts";
import { fuzz } from "./scorer/fuzz.ts";
import { overload } from "./scorer/overload.ts";
import { copyRegistry } from "./scorer/registry.ts";
import { soak } from "./scorer/soak.ts";
import { swaps } from "./scorer/swaps.ts";
import { throughput } from "./scorer/throughput.ts";

/**
 * Every performance figure of the scorer. The server runs in its own process; what is compared runs side by side.
 *
 *     npm run bench -- scorer [-- --quick] [--only codec,throughput,overload,swaps,drains,soak,fuzz]
 */
const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const { quick } = values;

const parts: Record<string, () => Promise<Figure[]>> = {
  codec: async () => codec(5, quick ? 20_000 : 200_000),
  throughput: () =>
    throughput(registry.root, quick ? { seconds: 1.5, rounds: 3 } : { seconds: 5, rounds: 5 }),
  overload: () => overload(quick ? 2 : 6, 3),
  swaps: () => swaps(registry.root, quick ? 10 : 100),
  drains: () => drains(quick ? 5 : 50),
  soak: () => soak(quick ? 100_000 : 2_000_000),
  fuzz: () => fuzz(quick ? 2_000 : 100_000),
};

const chosen = values.only?.split(",") ?? Object.keys(parts);
const registry = await copyRegistry();
let missed = 0;
try {
  for (const name of chosen) {
    const part = parts[name];
    if (!part) throw new Error(`no part ${name}; there are: ${Object.keys(parts).join(", ")}`);
    console.log(`-- ${name}`);
    for (const figure of await part()) {
      print(figure);
      if (!meets(figure)) missed++;
    }
  }
} finally {
  await registry.remove();
}
if (missed > 0) console.log(`${missed} figures miss their target`);
process.exitCode = missed > 0 ? 1 : 0;
