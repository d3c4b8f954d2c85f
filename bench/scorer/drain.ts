import { status } from "@grpc/grpc-js";
import type { Figure } from "../report.ts";
import { openRaw } from "./load.ts";
import { batchRequests, scoreRequests } from "./messages.ts";
import { startServer } from "./server-process.ts";

const UNARY_IN_FLIGHT = 64;
const BATCHES_IN_FLIGHT = 2;
const LOAD_MS = 150;

/**
 * SIGTERM in full load, again and again: every call that the server says it has answered must have reached its caller,
 * every other call must have been told UNAVAILABLE, and the process must end by itself with 0.
 */
export async function drains(times: number): Promise<Figure[]> {
  const requests = scoreRequests(500);
  const batches = batchRequests(4, 1_000);
  let lost = 0;
  let otherwise = 0;
  let answeredInAll = 0;
  let refused = 0;
  let badExits = 0;
  for (let i = 0; i < times; i++) {
    const server = await startServer("scorer/main.ts");
    const client = openRaw(server.address);
    let answered = 0;
    let stopped = false;
    let open = 0;
    const done = new Promise<void>((resolve) => {
      const send = (method: string, pool: readonly Buffer[], next: number): void => {
        open++;
        client.call(method, pool[next % pool.length] as Buffer, (error) => {
          open--;
          if (!error) answered++;
          else if (error.code === status.UNAVAILABLE) refused++;
          else {
            otherwise++;
            console.log(`  unexpected: ${status[error.code]} ${error.details}`);
          }
          if (!stopped && !error) send(method, pool, next + 1);
          else if (open === 0) resolve();
        });
      };
      for (let j = 0; j < UNARY_IN_FLIGHT; j++) send("Score", requests, j);
      for (let j = 0; j < BATCHES_IN_FLIGHT; j++) send("ScoreBatch", batches, j);
    });
    await new Promise((resolve) => setTimeout(resolve, LOAD_MS + Math.random() * LOAD_MS));
    const code = await server.stop("SIGTERM");
    stopped = true;
    await done;
    client.close();
    if (code !== 0) badExits++;
    answeredInAll += answered;
    lost += Math.abs((server.lastLine("drained")?.["answered"] as number) - answered);
  }
  const note = `${answeredInAll} answered, ${refused} told UNAVAILABLE`;
  return [
    { name: "SIGTERM under load", value: times, unit: "times", note },
    { name: "calls answered by the server and not received", value: lost, unit: "calls", atMost: 0 },
    { name: "calls that ended otherwise than OK or UNAVAILABLE", value: otherwise, unit: "calls", atMost: 0 },
    { name: "exits with another code than 0", value: badExits, unit: "exits", atMost: 0 },
  ];
}
