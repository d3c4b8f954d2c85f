import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Random } from "../platform/math/random.ts";
import { failOver } from "./chaos/fail-over.ts";
import { type Fault, faultsOf } from "./chaos/faults.ts";
import { openChaosHouse } from "./chaos/house.ts";
import { startLoad } from "./chaos/load.ts";
import { drained, judge } from "./chaos/verdict.ts";

/**
 * `npm run chaos -- [--kills 500] [--seed 1] [--embedded] [--verbose]`: kills every kind of process, Redis with and without its file, PostgreSQL
 * and the network, at random and at named points between the lines of the recording path, while payments come by three
 * doors and verdicts are given. Then holds the store against what was promised outside. Exits with 1 when anything is
 * lost, doubled, orphaned or counted wrong. On a real PostgreSQL where there is one, on the embedded one otherwise.
 *
 * `npm run chaos -- --cluster [--seconds 60] [--rate 1000] [--shards 1]` (or `--sentinel`): a Redis Cluster of six (or a primary with two
 * replicas under three sentinels) and three workers, a primary killed every five seconds under that many payments a second.
 */
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    verbose: { type: "boolean", default: false },
    embedded: { type: "boolean", default: false },
    cluster: { type: "boolean", default: false },
    sentinel: { type: "boolean", default: false },
    seconds: { type: "string", default: "60" },
    shards: { type: "string", default: "1" },
    rate: { type: "string", default: "1000" },
  },
});
if (values.cluster || values.sentinel) {
  const whole = await failOver({
    kind: values.cluster ? "cluster" : "sentinel",
    seconds: Number(values.seconds),
    shards: Number(values.shards),
    rate: Number(values.rate),
    embedded: values.embedded,
  });
  process.exit(whole ? 0 : 1);
}
const kills = Number(values.kills);
const source = new Random(Number(values.seed), 1);
const random = (): number => source.next();
const REST_MS = 400;
const DRAIN_LIMIT_MS = 180_000;

const house = await openChaosHouse(values.embedded);
const load = await startLoad(house, random);
const times = new Map<string, number>();
let wrong = 0;
try {
  await sleep(2_000);
  const faults = faultsOf(house, load, random);
  const total = faults.reduce((sum, fault) => sum + fault.weight, 0);
  const draw = (): Fault => {
    let left = random() * total;
    for (const fault of faults) {
      left -= fault.weight;
      if (left < 0) return fault;
    }
    return faults[0]!;
  };
  for (let i = 0; i < kills; i++) {
    // Each kind once, then by weight.
    const fault = faults[i] ?? draw();
    times.set(fault.kind, (times.get(fault.kind) ?? 0) + 1);
    if (values.verbose) console.log(`${i + 1} ${fault.kind}`);
    await fault.happen();
    await sleep(random() * REST_MS);
    if ((i + 1) % 50 === 0) console.log(`${i + 1} faults, ${load.promised.taken.size} payments acknowledged`);
  }
  await load.pause();
  await load.stop();
  await drained(house, DRAIN_LIMIT_MS);
  await Promise.all([house.scorer, house.web, ...house.workers].map((process) => process.stop()));
  for (const [kind, count] of [...times].sort()) console.log(`${String(count).padStart(5)} ${kind}`);
  for (const { name, looked, wrong: found, example } of await judge(house, load.promised)) {
    wrong += found;
    console.log(
      `${found === 0 ? "ok   " : "WRONG"} ${name}: ${found} of ${looked}${example ? ` (${example})` : ""}`,
    );
  }
} finally {
  await load.stop();
  await house.stop();
}
console.log(wrong === 0 ? `${kills} faults, nothing lost, doubled or orphaned` : `${wrong} things are wrong`);
process.exit(wrong === 0 ? 0 : 1);
