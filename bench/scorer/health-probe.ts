import { parentPort, workerData } from "node:worker_threads";
import { createScorerClient } from "../../scorer/client.ts";

/**
 * A thread that asks for the server's health every 20 ms until told to stop, and answers with what each took,
 * milliseconds. In a thread of its own: the load's generator must not be measured along.
 */
const EVERY_MS = 20;

if (!parentPort) throw new Error("this module runs in a worker thread only");
const { address } = workerData as { readonly address: string };
const client = createScorerClient({ address });
const took: number[] = [];
let running = true;
parentPort.once("message", () => {
  running = false;
});
await client.health();
parentPort.postMessage("ready");
while (running) {
  const before = performance.now();
  await client.health();
  took.push(performance.now() - before);
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
client.close();
parentPort.postMessage(took);
