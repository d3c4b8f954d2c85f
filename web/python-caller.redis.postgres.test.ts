import { type ExecFileException, execFile, execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueuedTransaction } from "../pipeline/queues.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";

const KEY = "a-test-key-of-enough-length";

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasPython())("docs/examples/hand_in.py (skipped where there is no python3)", () => {
  let it: TestConsole;
  let base: string;
  beforeAll(async () => {
    it = await startTestConsole({ ADMIN_API_KEY: KEY });
    base = await it.listen();
  });
  afterAll(() => it.stop());

  test("hands in what is right and tells what is not", async () => {
    const payments = Array.from({ length: 1_200 }, (_, i) => ({ transaction_id: `é-${i}`, amount: i - 1 }));
    const run = await new Promise<{ error: ExecFileException | null; out: string; err: string }>(
      (resolve) => {
        const path = new URL("../docs/examples/hand_in.py", import.meta.url).pathname;
        const env = { PATH: process.env["PATH"] ?? "", PAYSECURE_URL: base, PAYSECURE_KEY: KEY };
        const child = execFile("python3", [path], { env }, (error, out, err) => resolve({ error, out, err }));
        child.stdin?.end(payments.map((each) => `${JSON.stringify(each)}\n`).join("\n"));
      },
    );
    expect(run).toMatchObject({ error: null, out: "1199 accepted, 0 known before\n" });
    expect(JSON.parse(run.err)).toMatchObject({ transaction_id: "é-0", status: "refused" });
    const jobs = await it.deps.transactions.queues[0].getJobs(["waiting", "prioritized"], 0, -1, true);
    const ids = jobs.flatMap((job) => (job.data as { transactions: QueuedTransaction[] }).transactions);
    expect(ids).toHaveLength(1_199);
  });
});
