import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestConsole, type TestConsole } from "./testing/console.ts";

const KEY = "a-test-key-of-enough-length";
const headers = { authorization: `Bearer ${KEY}` };
let it: TestConsole;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
});
afterAll(() => it.stop());

async function get(path: string): Promise<{ status: number; text: string; json: Record<string, unknown> }> {
  const response = await it.app.request(path, { headers });
  const text = await response.text();
  return { status: response.status, text, json: text.startsWith("{") ? JSON.parse(text) : {} };
}

test("the business case takes the champion's tiers and the caller's assumptions", async () => {
  const plain = await get("/api/v1/impact");
  expect(plain.status).toBe(200);
  const { programme, impact } = plain.json as Record<string, Record<string, number>>;
  expect(programme).toMatchObject({ transactions_per_day: 1_000, analysts: 4 });
  // Ten frauds of 100 a day, a fifth recovered, a fee of 15 each.
  expect(impact?.["loss_without"]).toBeCloseTo(365 * (1_000 * 0.8 + 10 * 15), 6);
  const dearer = await get("/api/v1/impact?programme_cost_per_year=300000&analysts=4");
  const changed = (dearer.json as Record<string, Record<string, number>>)["impact"];
  expect(changed?.["net_benefit"]).toBeCloseTo((impact?.["net_benefit"] as number) - 50_000, 6);
});

test("the original's calculator answers to the cent, with its caveat", async () => {
  const { json } = await get("/api/v1/impact/original?true_positives=56170&false_positives=65");
  expect(json).toMatchObject({ fraud_prevented: 3_075_307_500, net_benefit: 3_074_477_125 });
  expect(json["caveat"]).toContain("balanced test set");
  expect(json["currency"]).toBe("EUR");
});

test("a wrong assumption is named", async () => {
  for (const query of ["recovery_rate=2", "analysts=-1", "minutes_per_review=soon"]) {
    const { status, text } = await get(`/api/v1/impact?${query}`);
    expect(status, query).toBe(400);
    expect(text).toContain(query.split("=")[0] as string);
  }
});

test("the page shows the case and keeps the assumptions given", async () => {
  const { status, text } = await get("/impact?analysts=9");
  expect(status).toBe(200);
  expect(text).toContain('name="analysts" value="9"');
  expect(text).toContain("€3,074,477,125.00");
  // An estimate has its currency and no cents.
  expect(text).toMatch(/Net benefit a year<\/dt><dd class="value">−?€[\d.,]+ ?[km]?</);
  expect(text).toContain("counted at the rate of the test rows");
});
