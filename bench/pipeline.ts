import { parseArgs } from "node:util";
import type { QueuedTransaction } from "../pipeline/queues.ts";
import { openBench } from "./pipeline/end-to-end.ts";
import { openHouse } from "./pipeline/house.ts";
import { paymentSource } from "./pipeline/payments.ts";
import { bulkInserts, noOpJobs, scoreBatches } from "./pipeline/stages.ts";
import { type Figure, median, meets, print } from "./report.ts";
import { cpuSeconds, residentMegabytes } from "./servers/cpu.ts";

/**
 * `npm run bench -- pipeline [-- --quick | --soak]`: from enqueue to committed decision on a real PostgreSQL and Redis,
 * beside its stages bare in the same run, in turn. `--soak` sends two million transactions and looks at the memory.
 */
const { values } = parseArgs({ options: { quick: { type: "boolean" }, soak: { type: "boolean" } } });
const CHUNK = 100;
const ROUNDS = values.quick ? 2 : 5;
const CHUNKS = values.quick ? 100 : 300;
const OPEN_LOOP_SECONDS = values.quick ? 8 : 30;
const SOAK_TRANSACTIONS = 2_000_000;

const payments = await paymentSource(`bench-${Date.now().toString(36)}`);
const chunksOf = (count: number, size = CHUNK): QueuedTransaction[][] =>
  Array.from({ length: count }, () => payments(size));

const figures: Figure[] = [];
const show = (figure: Figure): void => {
  figures.push(figure);
  print(figure);
};

const house = await openHouse();
const bench = openBench(house);
const workers = [await house.startWorker()];
try {
  await bench.flood(chunksOf(50)); // warm
  const rounds: Record<"whole" | "queue" | "scorer" | "store", number[]> = {
    whole: [],
    queue: [],
    scorer: [],
    store: [],
  };
  const pids = { worker: workers[0]!.pid, scorer: house.scorer.pid, postgres: house.postgres.pid() };
  const used: Record<keyof typeof pids, number> = { worker: 0, scorer: 0, postgres: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const before = Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)] as const);
    rounds.whole.push(await bench.flood(chunksOf(CHUNKS)));
    for (const [name, seconds] of before) {
      used[name as keyof typeof pids] += cpuSeconds(pids[name as keyof typeof pids]) - seconds;
    }
    rounds.queue.push(await noOpJobs(house, chunksOf(CHUNKS)));
    rounds.scorer.push(await scoreBatches(house, chunksOf(CHUNKS)));
    rounds.store.push(await bulkInserts(house, chunksOf(CHUNKS)));
  }
  const note = (values: readonly number[]): string => values.map((value) => Math.round(value)).join(", ");
  const stages = {
    "BullMQ, jobs that do nothing": rounds.queue,
    ScoreBatch: rounds.scorer,
    "bulk insert": rounds.store,
  };
  for (const [name, values] of Object.entries(stages)) {
    show({ name: `${name}, alone`, value: median(values), unit: "transactions/s", note: note(values) });
  }
  const whole = median(rounds.whole);
  show({
    name: "enqueue to committed decision",
    value: whole,
    unit: "transactions/s",
    note: note(rounds.whole),
  });
  const ratios = rounds.whole.map(
    (value, i) => value / Math.min(rounds.queue[i]!, rounds.scorer[i]!, rounds.store[i]!),
  );
  show({
    name: "… of the slowest stage alone",
    value: median(ratios),
    unit: "×",
    atLeast: 0.5,
    note: ratios.map((r) => r.toFixed(2)).join(", "),
  });
  for (const [name, seconds] of Object.entries(used)) {
    show({
      name: `CPU of ${name}`,
      value: (seconds / (ROUNDS * CHUNKS * CHUNK)) * 1e6,
      unit: "µs a transaction",
    });
  }
  const size = 50;
  const half = whole / 2;
  const latency = await bench.atRate(chunksOf(Math.round((half * OPEN_LOOP_SECONDS) / size), size), half);
  for (const [name, value] of Object.entries(latency)) {
    show({ name: `enqueue to done at half load, ${name}`, value, unit: "ms" });
  }
  workers.push(await house.startWorker());
  await bench.flood(chunksOf(50));
  const two = [];
  for (let round = 0; round < ROUNDS; round++) two.push(await bench.flood(chunksOf(CHUNKS)));
  // Two cores run two workers, a scorer, PostgreSQL and Redis here: the target is for machines with a core for each.
  show({ name: "two workers", value: median(two) / whole, unit: "× one", note: "≥ 1.5 where cores allow" });
  if (values.soak) await soak();
} finally {
  for (const worker of workers) await worker.stop();
  await bench.close();
  await house.stop();
}
process.exitCode = figures.every(meets) ? 0 : 1;

async function soak(): Promise<void> {
  const size = 200;
  const memory: number[] = [];
  const perStep = SOAK_TRANSACTIONS / 20;
  for (let step = 0; step < 20; step++) {
    const rate = await bench.flood(chunksOf(perStep / size, size));
    memory.push(residentMegabytes(workers[0]!.pid));
    console.log(
      `       ${((step + 1) * perStep).toLocaleString("en")}: ${Math.round(rate)} a second, worker ${Math.round(memory.at(-1)!)} MB`,
    );
  }
  const early = median(memory.slice(4, 9));
  show({
    name: "memory of a worker, end of two million by their first quarter",
    value: median(memory.slice(-5)) / early,
    unit: "×",
    atMost: 1.2,
  });
}
