import { afterAll, beforeAll, expect, test } from "vitest";
import type { Role } from "../domain/rights.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { claimCase } from "../pipeline/review/claim.ts";
import { giveVerdict } from "../pipeline/review/verdict.ts";
import { ANN, decision, risky, SLA } from "../pipeline/store/testing.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";
import { Visitor } from "./testing/visitor.ts";

const KEY = "a-test-key-of-enough-length";
const FORMULA = "=HYPERLINK(1)";
let it: TestConsole;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
});
afterAll(() => it?.stop());

async function person(name: string, role: Role): Promise<Visitor> {
  const visitor = new Visitor(it);
  await visitor.post(`/sign-in/${await linkFor(it.db, name, role)}`);
  return visitor;
}

async function api(query: string) {
  const answer = await it.app.request(`/api/v1/analytics${query}`, {
    headers: { authorization: `Bearer ${KEY}` },
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, Record<string, unknown>> };
}

test("before anything came the page says so, and leads to longer ranges", async () => {
  const vera = await person("vera", "viewer");
  const page = await vera.read("/analytics");
  expect(page).toContain("No payment in these 7 days");
  expect(page).toContain('href="/analytics?days=28"');
  expect(page).toContain("times in UTC");
  expect(page).not.toContain("Who decided");
  for (const file of ["heat.csv", "heat.svg", "where.csv", "where.svg", "scores.csv", "scores.svg"]) {
    expect((await vera.get(`/analytics/${file}?days=1`)).status, file).toBe(200);
  }
});

test("the page shows each figure, leads alone see who decided", async () => {
  await recordDecisions(
    it.db,
    [
      ...Array.from({ length: 60 }, (_, i) => decision(`plain-${i}`, { country: "DE", currency: "JPY" })),
      ...Array.from({ length: 12 }, (_, i) => risky(`bad-${i}`, { country: "BR", merchantId: FORMULA })),
    ],
    SLA,
  );
  const row = await it.db.selectFrom("review_cases").select("case_id").limit(1).executeTakeFirstOrThrow();
  await claimCase(it.db, row.case_id, ANN);
  await giveVerdict(it.db, { caseId: row.case_id, actor: ANN, verdict: "fraud", note: "" });

  const [vera, lea] = [await person("vera", "viewer"), await person("lea", "lead")];
  const page = await vera.read("/analytics");
  expect(page).toContain("72 payments, 12 risky (16.7 %)");
  expect(page).toContain("of all 72 payments");
  expect(page).toContain("Riskier than the rest: Brazil");
  expect(page).toContain(
    `href="/transactions?q=${encodeURIComponent(FORMULA).replaceAll("(", "%28").replaceAll(")", "%29")}"`,
  );
  expect(page).toContain("Too few payments to compare");
  expect(page).not.toContain("Who decided");
  // The CSP lets nothing inline in.
  expect(page).not.toMatch(/ style=| on[a-z]+=|<style/);
  expect(await vera.read("/analytics?measure=risky")).toContain("% of 72)");
  const leads = await lea.read("/analytics");
  expect(leads).toContain("Who decided");
  expect(leads).toContain("<strong>ann</strong>");
  expect(leads).toContain("1 of 1");
  expect((await vera.get("/analytics/workload.csv")).status).toBe(403);

  const csv = await (await lea.get("/analytics/workload.csv")).text();
  expect(csv.split("\r\n")[1]).toMatch(/^user,1,ann,1,1,[\d.]+,0,0,1,/);
});

test("files have what the page shows, and nothing that a spreadsheet or a browser runs", async () => {
  const vera = await person("vera", "viewer");
  const file = async (name: string) => {
    const answer = await vera.get(`/analytics/${name}`);
    expect(answer.headers.get("content-disposition"), name).toMatch(
      /^attachment; filename="paysecure-\w+\.(csv|svg)"$/,
    );
    return { type: answer.headers.get("content-type"), text: await answer.text() };
  };
  const heat = await file("heat.csv?days=7");
  expect(heat.type).toContain("text/csv");
  const [header, ...lines] = heat.text.trim().split("\r\n");
  expect(header).toBe("weekday,hour,hours_in_range,payments,risky,time_zone");
  expect(lines).toHaveLength(7 * 24);
  expect(lines.reduce((sum, line) => sum + Number(line.split(",")[3]), 0)).toBe(72);
  const where = await file("where.csv");
  expect(where.text).toContain("country,BR,12,72,12,");
  expect(where.text).toContain(`merchant_id,'${FORMULA},12,72,`);
  const scores = (await file("scores.csv")).text.trim().split("\r\n");
  expect(scores).toHaveLength(21);
  expect(scores[2]).toMatch(/^0\.05,0\.1,60,/);
  for (const name of ["heat.svg?measure=risky", "where.svg", "scores.svg"]) {
    const { type, text } = await file(name);
    expect(type).toContain("image/svg+xml");
    expect(text).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+"/);
    expect(text, name).not.toMatch(/var\(|<script|NaN|undefined|class="hit"/);
    expect(text, name).toContain("UTC");
  }
});

test("the API has the same figures, and names what is wrong with a question", async () => {
  const { status, json } = await api("?days=28&time_zone=Europe/Paris");
  expect(status).toBe(200);
  expect(json).toMatchObject({
    ...{ days: 28, payments: 72, risky: 12, time_zone: "Europe/Paris" },
    where: { drawn: 72, verdicts: { hits: 1, of: 1 } },
    scores: { drawn: 72, state: "unsure" },
    workload: { cases: 1, people: [{ name: "ann", decided: 1 }] },
  });
  const [from, until] = [json["from"], json["until"]].map((at) => Date.parse(String(at)));
  expect(until! - from!).toBe(28 * 86_400_000);
  const again = await api(`?days=28&until=${String(json["until"])}`);
  expect(again.json["from"]).toEqual(json["from"]);
  for (const [query, named] of [
    ["?days=3", "days"],
    ["?days=seven", "days"],
    ["?until=yesterday", "until"],
    ["?until=2999-01-01T00:00:00Z", "until"],
    ["?days=90&until=2020-01-01T00:00:00Z", "until"],
    ["?time_zone=Mars/Olympus", "time_zone"],
  ] as const) {
    const refused = await api(query);
    expect(refused.status, query).toBe(400);
    expect(JSON.stringify(refused.json), query).toContain(`"field":"${named}"`);
  }
  expect((await api("?time_zone=Mars/Olympus")).json["errors"]).toHaveLength(1);
});
