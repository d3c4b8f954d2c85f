import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { createScorerClient } from "../../scorer/client.ts";
import { mutatedRequest } from "../../scorer/testing/mutated-request.ts";
import type { Figure } from "../report.ts";
import { openRaw } from "./load.ts";
import { transaction } from "./messages.ts";
import { startServer } from "./server-process.ts";

/** What the contract documents. */
const DOCUMENTED = new Set([
  status.OK,
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.RESOURCE_EXHAUSTED,
  status.DEADLINE_EXCEEDED,
]);
const AT_ONCE = 50;

/** Mutated requests against every method, while somebody else scores: only documented codes, nobody else harmed. */
export async function fuzz(count: number): Promise<Figure[]> {
  const server = await startServer("scorer/main.ts");
  const raw = openRaw(server.address);
  const bystander = createScorerClient({ address: server.address, deadlineMs: 10_000 });
  const codes = new Map<string, number>();
  let undocumented = 0;
  let harmed = 0;
  let bystanders = 0;
  let running = true;
  const right = { ...transaction(Math.random, "bystander"), v: new Array<number>(28).fill(0.1) };
  const expected = (await bystander.score(right)).fraudProbability;
  const watching = (async () => {
    while (running) {
      const probability = await bystander.score(right).then(
        (decision) => decision.fraudProbability,
        () => Number.NaN,
      );
      bystanders++;
      if (probability !== expected) harmed++;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const batches = Math.ceil(count / AT_ONCE);
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutatedRequest(), { minLength: AT_ONCE, maxLength: AT_ONCE }),
      async (requests) => {
        await Promise.all(
          requests.map(
            ({ method, bytes }) =>
              new Promise<void>((resolve) => {
                raw.call(
                  method,
                  bytes,
                  (error) => {
                    const code = error?.code ?? status.OK;
                    const name = status[code];
                    codes.set(name, (codes.get(name) ?? 0) + 1);
                    if (!DOCUMENTED.has(code)) {
                      undocumented++;
                      console.log(
                        `  undocumented: ${name} ${error?.details} for ${method} ${bytes.toString("hex")}`,
                      );
                    }
                    resolve();
                  },
                  { deadline: Date.now() + 20_000 },
                );
              }),
          ),
        );
      },
    ),
    { numRuns: batches },
  );
  running = false;
  await watching;
  const alive = (await bystander.health()) === "serving";
  raw.close();
  bystander.close();
  const code = await server.stop();
  const note = [...codes].map(([name, calls]) => `${name} ${calls}`).join(", ");
  return [
    { name: "mutated requests", value: batches * AT_ONCE, unit: "requests", note },
    { name: "undocumented status codes", value: undocumented, unit: "answers", atMost: 0 },
    { name: "other calls harmed", value: harmed, unit: "calls", atMost: 0, note: `of ${bystanders}` },
    { name: "process alive and ends with 0", value: alive && code === 0 ? 1 : 0, unit: "", atLeast: 1 },
  ];
}
