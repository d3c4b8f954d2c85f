import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startProcess } from "../pipeline/testing/started-process.ts";
import { freePort } from "../platform/process/free-port.ts";
import { quantile } from "./pages/measure.ts";
import { openHouse } from "./pipeline/house.ts";
import { paymentSource } from "./pipeline/payments.ts";
import { type Figure, meets, print } from "./report.ts";
import { residentMegabytes } from "./servers/cpu.ts";
import { type Chunk, type Door, httpDoor, queueDoor, type Seen } from "./surge/doors.ts";
import { watchStore } from "./surge/store.ts";

/**
 * `npm run surge -- backlog [--transactions 1000000] [--embedded]`: the scorer dies; payments go on coming by HTTP and as
 * queue jobs, until the queue is full and a hundredth more; then the scorer returns. All are decided once, the doors
 * slowed and did not break, the memory of each process stayed bounded.
 *
 * `npm run surge -- duplicates [--transactions 10000] [--embedded]`: each payment is sent twenty times by eight
 * producers, half of them over HTTP. Each is decided once.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { transactions: { type: "string" }, embedded: { type: "boolean", default: false } },
});
const kind = z.enum(["backlog", "duplicates"]).parse(positionals[0]);
const TRANSACTIONS = z.coerce
  .number()
  .int()
  .min(500)
  .parse(values.transactions ?? (kind === "backlog" ? 1_000_000 : 10_000));
const CHUNK = 100;
const PRODUCERS = 8;
const TIMES = 20;
/** Beyond what the queue holds, a share of all. */
const TOO_MANY = 0.01;
const KEY = "surge-admin-key-0123456789";
/** Most memory of a process of ours, whatever waits, megabytes. */
const MOST_MEMORY = 600;

const figures: Figure[] = [];
const show = (figure: Figure): void => {
  figures.push(figure);
  print(figure);
};
const payments = await paymentSource(`surge-${Date.now().toString(36)}`);
let chunks = 0;
const chunk = (): Chunk => ({ id: `surge-${chunks++}`, payments: payments(CHUNK) });

const house = await openHouse(values.embedded);
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const seen: Seen = { answers: [], slowed: 0, broken: [] };
const web = await startProcess("web/main.ts", {
  ...house.env,
  PORT: String(port),
  ADMIN_API_KEY: KEY,
  OPEN_RATE_LIMIT: "0",
  KEY_RATE_LIMIT: "0",
  QUEUE_LIMIT: kind === "backlog" ? String(TRANSACTIONS / CHUNK) : "0",
});
const workers = [await house.startWorker(), await house.startWorker()];
const store = watchStore(house);
const doors: Door[] = Array.from({ length: PRODUCERS }, (_, i) =>
  i % 2 === 0 ? httpDoor(origin, KEY, seen) : queueDoor(house.redis.url, house.env["REDIS_PREFIX"] ?? ""),
);
let scorer = house.scorer;
const peaks = new Map<string, number>();
const look = (): void => {
  const pids = { web: web.pid, scorer: scorer.pid, "worker 1": workers[0]!.pid, "worker 2": workers[1]!.pid };
  for (const [name, pid] of Object.entries(pids)) {
    const now = running(pid);
    peaks.set(name, Math.max(peaks.get(name) ?? 0, now));
  }
};
const looking = setInterval(look, 1_000);
let right = false;
try {
  right = kind === "backlog" ? await backlog() : await duplicates();
  for (const [name, peak] of peaks) {
    show({ name: `memory of ${name}, most`, value: peak, unit: "MB", atMost: MOST_MEMORY });
  }
} finally {
  clearInterval(looking);
  await Promise.all(doors.map((door) => door.close()));
  await store.close();
  await Promise.all([web, ...workers].map((one) => one.stop()));
  if (scorer !== house.scorer) await scorer.stop();
  await house.stop();
}
const met = right && figures.every(meets);
console.log(met ? `${kind}: everything holds` : `${kind}: something does not hold`);
process.exit(met ? 0 : 1);

async function backlog(): Promise<boolean> {
  await scorer.kill();
  const wanted = Math.ceil((TRANSACTIONS / CHUNK) * (1 + TOO_MANY));
  // Enough that the queue is full even with what workers hold.
  const more = Math.max(3 * PRODUCERS, wanted - TRANSACTIONS / CHUNK);
  const all = TRANSACTIONS / CHUNK + more;
  let begun = 0;
  let taken = 0;
  const started = performance.now();
  const sending = Promise.all(
    doors.map(async (door) => {
      // Who writes into the queue is not held back by it: the last ones are the HTTP door's.
      const most = door.name === "queue" ? TRANSACTIONS / CHUNK - PRODUCERS : all;
      while (begun < most) {
        begun++;
        await door.send(chunk());
        taken++;
      }
    }),
  );
  await Promise.race([sending, fullAndRefused(() => taken)]);
  const seconds = (performance.now() - started) / 1_000;
  show({
    name: "acknowledged without a scorer",
    value: taken * CHUNK,
    unit: "payments",
    atLeast: TRANSACTIONS,
  });
  show({ name: "… a second", value: (taken * CHUNK) / seconds, unit: "payments/s" });
  show({ name: "Redis' memory then", value: await store.redisMegabytes(), unit: "MB" });
  show({ name: "jobs that wait", value: await store.jobs(), unit: "jobs" });
  const ready = await fetch(`${origin}/readyz`);
  show({ name: "/readyz meanwhile", value: ready.status, unit: "", atLeast: 503, note: await ready.text() });
  const page = performance.now();
  const dashboard = await fetch(origin, { headers: { authorization: `Bearer ${KEY}`, accept: "text/html" } });
  await dashboard.text();
  show({
    name: "dashboard meanwhile",
    value: dashboard.status,
    unit: `in ${Math.round(performance.now() - page)} ms`,
    atMost: 200,
  });

  const back = performance.now();
  scorer = await startProcess("scorer/main.ts", house.env);
  await sending;
  let said = 0;
  await store.drained(() => {
    if (performance.now() - said < 30_000) return;
    said = performance.now();
    void store.jobs().then((jobs) => console.log(`       ${jobs.toLocaleString("en")} jobs left`));
  });
  const took = (performance.now() - back) / 1_000;
  show({
    name: "decided a second since the scorer is back",
    value: (taken * CHUNK) / took,
    unit: "payments/s",
  });
  doorFigures(true);
  return await store.holds(taken * CHUNK);
}

/** Until the HTTP door was told to come again, and nothing more is taken. */
async function fullAndRefused(taken: () => number): Promise<void> {
  for (let before = -1; seen.slowed === 0 || taken() !== before; ) {
    before = taken();
    await sleep(3_000);
  }
}

async function duplicates(): Promise<boolean> {
  const all = Array.from({ length: TRANSACTIONS / CHUNK }, () => payments(CHUNK)).flat();
  const started = performance.now();
  await Promise.all(
    doors.map(async (door, i) => {
      // Each has its own order, and sends everything so often that all together have sent it twenty times.
      for (let time = i; time < TIMES; time += PRODUCERS) {
        const order = shuffled(all);
        for (let from = 0; from < order.length; from += CHUNK) {
          await door.send({ id: `surge-${chunks++}`, payments: order.slice(from, from + CHUNK) });
        }
      }
    }),
  );
  await store.drained();
  const seconds = (performance.now() - started) / 1_000;
  show({ name: "sent", value: TRANSACTIONS * TIMES, unit: "payments" });
  show({ name: "… until all were settled", value: (TRANSACTIONS * TIMES) / seconds, unit: "payments/s" });
  doorFigures(false);
  return await store.holds(TRANSACTIONS);
}

function doorFigures(slowed: boolean): void {
  const { answers, broken } = seen;
  for (const share of [0.5, 0.99])
    show({
      name: `HTTP door, ${CHUNK} payments, p${share * 100}`,
      value: quantile(answers, share),
      unit: "ms",
    });
  show({
    name: "answers of 503 with Retry-After",
    value: seen.slowed,
    unit: `of ${answers.length}`,
    ...(slowed ? { atLeast: 1 } : {}),
  });
  show({
    name: "any other refusal",
    value: broken.length,
    unit: "answers",
    atMost: 0,
    ...(broken[0] === undefined ? {} : { note: broken[0] }),
  });
}

function running(pid: number): number {
  try {
    return residentMegabytes(pid);
  } catch {
    return 0;
  }
}

function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((one) => [Math.random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}
