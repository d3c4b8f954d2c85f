import { type Figure, median } from "../report.ts";
import { closedLoop, openRaw, streamLoop } from "./load.ts";
import { batchRequests, scoreRequests } from "./messages.ts";
import { startServer } from "./server-process.ts";

const MB = 1024 * 1024;
const SLICES = 40;

/** Many transactions by all ways at once; memory must not grow once the server is warm. */
export async function soak(transactions: number): Promise<Figure[]> {
  const server = await startServer("scorer/main.ts");
  const client = openRaw(server.address);
  const requests = scoreRequests(2_000);
  const batches = batchRequests(20, 1_000);
  const resident: number[] = [];
  let done = 0;
  try {
    while (done < transactions) {
      const [batch, unary, stream] = await Promise.all([
        closedLoop(client, "ScoreBatch", batches, 4, 0.6),
        closedLoop(client, "Score", requests, 16, 0.6),
        streamLoop(client, requests, 512, 0.6),
      ]);
      const failure = batch.firstError || unary.firstError;
      if (failure !== "") throw new Error(`calls failed: ${failure}`);
      done += batch.calls * 1_000 + unary.calls + stream.answers;
      resident.push(server.residentBytes() / MB);
    }
  } finally {
    client.close();
    await server.stop();
  }
  const quarter = Math.floor(resident.length / 4);
  const early = median(resident.slice(quarter, 2 * quarter));
  const late = median(resident.slice(-quarter));
  const step = Math.max(1, Math.floor(resident.length / SLICES));
  const course = resident.filter((_, i) => i % step === 0).map((value) => Math.round(value));
  return [
    { name: "soak", value: done, unit: "transactions" },
    { name: "resident memory in the last quarter", value: late, unit: "MB", note: course.join(" ") },
    {
      name: "memory, last quarter against the second",
      value: late / early,
      unit: "×",
      atMost: 1.1,
    },
  ];
}
