import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createScorerClient } from "./client.ts";
import { createFixtureRegistry, type FixtureRegistry } from "./testing/onnx-fixture.ts";
import { transaction } from "./testing/scorer-fixture.ts";

interface LogLine {
  readonly msg: string;
  readonly pid: number;
  readonly address?: string;
  readonly port?: number;
}

let registry: FixtureRegistry;
let scorer: ChildProcess;
const lines: LogLine[] = [];
const find = (match: (line: LogLine) => boolean): LogLine | undefined => lines.find(match);

beforeAll(async () => {
  registry = await createFixtureRegistry();
  scorer = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL("main.ts", import.meta.url))], {
    env: {
      ...process.env,
      SCORER_WORKERS: "2",
      SCORER_PORT: "0",
      SCORER_METRICS_PORT: "0",
      MODEL_DIR: registry.root,
      LOG_LEVEL: "info",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: scorer.stdout as NodeJS.ReadableStream }).on("line", (text) => {
    lines.push(JSON.parse(text) as LogLine);
  });
});
afterAll(async () => {
  if (scorer.exitCode === null) scorer.kill("SIGKILL");
  await registry.remove();
});

it("several processes answer behind one port, one that is killed is replaced, all drain together", async () => {
  const serving = (): LogLine | undefined => find((line) => line.msg === "ready" && line.pid === scorer.pid);
  await expect.poll(serving, { timeout: 90_000 }).toBeDefined();
  const address = find((line) => line.address !== undefined)?.address as string;
  const metrics = find((line) => line.msg === "metrics" && line.pid === scorer.pid)?.port;
  const clients = Array.from({ length: 6 }, () => createScorerClient({ address, deadlineMs: 20_000 }));
  const score = async (): Promise<void> => {
    for (const client of clients) {
      expect((await client.score(transaction("a", -10))).riskTier).toBe("critical");
    }
  };
  await score();
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  expect(text).toMatch(/paysecure_scorer_requests_total\{method="Score",code="OK"[^}]*\} 6\n/);

  const ready = (): LogLine[] => lines.filter((line) => line.msg === "ready" && line.pid !== scorer.pid);
  process.kill(ready()[0]?.pid as number, "SIGKILL");
  await expect.poll(() => ready().length, { timeout: 60_000 }).toBe(3);
  await score();
  for (const client of clients) client.close();
  const exited = once(scorer, "exit");
  scorer.kill("SIGTERM");
  expect((await exited)[0]).toBe(0);
}, 120_000);
