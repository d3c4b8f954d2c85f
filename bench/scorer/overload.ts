import { status } from "@grpc/grpc-js";
import { createScorerClient } from "../../scorer/client.ts";
import { closedLoop, openRaw } from "./load.ts";
import { batchRequests } from "./messages.ts";
import { type Figure, median, ratio } from "./report.ts";
import { startServer } from "./server-process.ts";

const BATCH = 500;
const TIMES = 3;

/**
 * Three times as many batches as the server can do, sent at their own pace whatever the answers: what it takes it must
 * finish, the rest must be refused at once, and health checks must get through.
 */
export async function overload(seconds: number, rounds: number): Promise<Figure[]> {
  const server = await startServer("scorer/main.ts", { SCORER_QUEUE_MS: "100" });
  const raw = openRaw(server.address);
  const health = createScorerClient({ address: server.address });
  const batches = batchRequests(20, BATCH);
  const goodput: number[] = [];
  const refusalMs: number[] = [];
  const healthMs: number[] = [];
  let others = 0;
  try {
    await closedLoop(raw, "ScoreBatch", batches, 8, 1);
    for (let round = 0; round < rounds; round++) {
      const capacity = (await closedLoop(raw, "ScoreBatch", batches, 8, seconds)).perSecond;
      let answered = 0;
      let sent = 0;
      let open = 0;
      const start = performance.now();
      const pings = (async () => {
        while (performance.now() - start < seconds * 1_000) {
          const before = performance.now();
          await health.health();
          healthMs.push(performance.now() - before);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const elapsed = (performance.now() - start) / 1_000;
          if (elapsed >= seconds) {
            clearInterval(timer);
            if (open === 0) resolve();
            return;
          }
          for (const due = elapsed * capacity * TIMES; sent < due; sent++) {
            const at = performance.now();
            open++;
            raw.call("ScoreBatch", batches[sent % batches.length] as Buffer, (error) => {
              open--;
              const now = performance.now();
              if (!error) answered += now - start <= seconds * 1_000 ? 1 : 0;
              else if (error.code === status.RESOURCE_EXHAUSTED) refusalMs.push(now - at);
              else others++;
              if (open === 0 && now - start >= seconds * 1_000) resolve();
            });
          }
        }, 5);
      });
      await pings;
      goodput.push(answered / seconds / capacity);
    }
  } finally {
    raw.close();
    health.close();
    await server.stop();
  }
  const at = (values: number[], share: number): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
  return [
    ratio("goodput at 3 × capacity against capacity", goodput, { atLeast: 0.8 }),
    { name: "refusals, median", value: median(refusalMs), unit: "ms", note: `${refusalMs.length} refused` },
    { name: "refusals, p99", value: at(refusalMs, 0.99), unit: "ms" },
    { name: "calls that ended otherwise", value: others, unit: "calls", atMost: 0 },
    { name: "health checks under overload, p99", value: at(healthMs, 0.99), unit: "ms", atMost: 50 },
  ];
}
