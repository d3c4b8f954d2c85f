import { once } from "node:events";
import { startThread } from "../../platform/process/worker-thread.ts";
import { type Figure, median, ratio } from "../report.ts";
import { closedLoop, openRaw, SERVICE } from "./load.ts";
import { batchRequests } from "./messages.ts";
import { openLoop } from "./open-loop.ts";
import { startServer } from "./server-process.ts";

const BATCH = 500;
const TIMES = 3;
const WARM_UP_S = 2;
const METHOD = `${SERVICE}/ScoreBatch`;

/**
 * Three times as many batches as the server can do, sent at their own pace whatever the answers: what it takes it must
 * finish, the rest must be refused at once, and health checks must get through.
 */
export async function overload(seconds: number, rounds: number): Promise<Figure[]> {
  const server = await startServer("scorer/main.ts", { SCORER_QUEUE_MS: "100" });
  const raw = openRaw(server.address);
  const batches = batchRequests(20, BATCH);
  const goodput: number[] = [];
  const refusalMs: number[] = [];
  const healthMs: number[] = [];
  let others = 0;
  try {
    // Both kinds of answer are compiled before either is measured.
    const first = await closedLoop(raw, "ScoreBatch", batches, 8, WARM_UP_S);
    await openLoop(server.address, METHOD, batches, first.perSecond * TIMES, WARM_UP_S);
    for (let round = 0; round < rounds; round++) {
      const capacity = (await closedLoop(raw, "ScoreBatch", batches, 8, seconds)).perSecond;
      const probe = startThread(import.meta.url, "./health-probe", {
        workerData: { address: server.address },
      });
      await once(probe, "message");
      const outcome = await openLoop(server.address, METHOD, batches, capacity * TIMES, seconds);
      probe.postMessage("stop");
      const [took] = (await once(probe, "message")) as [number[]];
      healthMs.push(...took);
      goodput.push(outcome.answeredPerSecond / capacity);
      refusalMs.push(...outcome.refusalMs);
      others += outcome.others;
    }
  } finally {
    raw.close();
    await server.stop();
  }
  const at = (values: number[], share: number): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
  return [
    ratio("goodput at 3 × capacity against capacity", goodput, { atLeast: 0.8 }),
    { name: "refusals, median", value: median(refusalMs), unit: "ms", note: `${refusalMs.length} refused` },
    { name: "refusals, p99", value: at(refusalMs, 0.99), unit: "ms" },
    { name: "calls that ended otherwise", value: others, unit: "calls", atMost: 0 },
    { name: "health checks under overload, median", value: median(healthMs), unit: "ms" },
    { name: "health checks under overload, p99", value: at(healthMs, 0.99), unit: "ms", atMost: 50 },
  ];
}
