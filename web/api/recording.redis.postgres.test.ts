import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startTestConsole, type TestConsole } from "../testing/console.ts";

const KEY = "a-test-key-of-enough-length";
const job = z.object({
  source: z.string(),
  decisions: z.array(z.object({ transactionId: z.string(), eventTimeAssumed: z.boolean().optional() })),
});
let it: TestConsole;
beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY, PREDICT_OPEN: "true" });
});
afterAll(() => it.stop());

async function post(path: string, body: unknown): Promise<void> {
  const response = await it.app.request(path, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status, path).toBe(200);
}

const payment = (transaction_id: string) => ({
  transaction_id,
  time: 0,
  v: new Array<number>(28).fill(0),
  amount: 12.5,
});

test("what the API scores and records is the API's, not gRPC's; a time that nobody gave is marked; /predict/ records nothing", async () => {
  await post("/api/v1/score", { transaction: payment("one"), record: true });
  const dated = { ...payment("two"), event_time: "2026-11-01T10:00:00Z" };
  await post("/api/v1/score/batch", { transactions: [dated, payment("three")], record: true });
  await post("/api/v1/score", { transaction: payment("not-recorded") });
  const fields = Object.fromEntries(Array.from({ length: 28 }, (_, i) => [`V${i + 1}`, 0]));
  await post("/predict/", { Time: 0, Amount: 1, ...fields });
  const jobs = (await it.deps.decisions.getJobs(["waiting"])).map(({ data }) => job.parse(data));
  expect(jobs.map(({ source }) => source)).toEqual(["api", "api"]);
  const decisions = jobs.flatMap((each) => each.decisions);
  const assumed = decisions.map((each) => [each.transactionId, each.eventTimeAssumed]);
  expect(Object.fromEntries(assumed)).toEqual({ one: true, two: undefined, three: true });
});
