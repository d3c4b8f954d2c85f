import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { DomainError } from "../platform/process/errors.ts";
import { createScorerClient } from "./client.ts";
import { transaction } from "./testing/scorer-fixture.ts";

let scorer: ChildProcess | undefined;
afterEach(() => void scorer?.kill("SIGKILL"));

/** A process of the shipped champion; resolves to its address when it is ready. */
async function start(env: Readonly<Record<string, string>>): Promise<string> {
  scorer = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL("main.ts", import.meta.url))], {
    env: { ...process.env, SCORER_PORT: "0", LOG_LEVEL: "info", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let address = "";
  for await (const line of createInterface({ input: scorer.stdout as NodeJS.ReadableStream })) {
    const said = JSON.parse(line) as { msg: string; address?: string };
    address = said.address ?? address;
    if (said.msg === "ready") break;
  }
  scorer.stdout?.resume();
  return address;
}

it("SIGTERM while reasons are found for whole batches ends the process when the drain's time is over, cleanly", async () => {
  const address = await start({ SCORER_DRAIN_MS: "1000" });
  const clients = Array.from({ length: 3 }, () => createScorerClient({ address }));
  const list = Array.from({ length: 2_500 }, (_, i) => transaction(`t-${i}`));
  const asked = clients.map((client) =>
    client.scoreBatch(list, { explainFrom: "low", deadlineMs: 60_000 }).catch((error: Error) => error),
  );
  const [first] = clients as [(typeof clients)[number]];
  // Something is answered while they are under way: the process is busy with them, not with starting.
  await first.score(transaction("meanwhile"), { deadlineMs: 20_000 });
  const exited = once(scorer as ChildProcess, "exit");
  scorer?.kill("SIGTERM");
  // A process that is ended because its drain takes too long has the code 1.
  expect(await exited).toEqual([0, null]);
  for (const client of clients) client.close();
  // Whoever was cut off is told that another try may help.
  for (const error of await Promise.all(asked)) {
    expect(["unavailable", "cancelled"]).toContain(DomainError.from(error).code);
  }
}, 90_000);
