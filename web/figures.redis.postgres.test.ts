import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { setRate } from "../pipeline/rates/set-rate.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { giveVerdict } from "../pipeline/review/verdict.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../pipeline/store/testing.ts";
import { type Hour, readHourReport } from "../pipeline/store/usual-hours.ts";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";

const KEY = "a-test-key-of-enough-length";

let it: TestConsole;
const cookies: Partial<Record<"analyst" | "manager", string>> = {};

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
  for (const role of ["analyst", "manager"] as const) {
    const token = await linkFor(it.db, role, role, 10);
    const signedIn = await it.app.request(`/sign-in/${token}`, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin" },
    });
    cookies[role] = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] as string;
  }
});
afterAll(() => it.stop());
beforeEach(async () => {
  await emptyLedger(it.db);
  it.deps.feed.nudge();
});

/** A page as somebody sees it: its words, tooltips among them; what is left of a deadline is always "soon". */
async function page(
  path: string,
  who: "analyst" | "manager" = "analyst",
): Promise<{ status: number; words: string }> {
  const headers = { cookie: cookies[who] ?? "", accept: "text/html" };
  const response = await it.app.request(path, { headers });
  const html = (await response.text()).replaceAll(/(<time class="due"[^>]*>)[^<]*/g, "$1soon");
  const titles = [...html.matchAll(/title="([^"]*)"/g)].map(([, title]) => title).join(" ");
  const body = html.slice(html.indexOf("<main"), html.indexOf("</main>"));
  return {
    status: response.status,
    words: `${body.replaceAll(/<[^>]*>/g, " ")} ${titles}`.replaceAll(/&#39;/g, "'").replaceAll(/\s+/g, " "),
  };
}

async function api(path: string): Promise<Record<string, unknown>> {
  const response = await it.app.request(path, { headers: { authorization: `Bearer ${KEY}` } });
  return (await response.json()) as Record<string, unknown>;
}

async function openCases(...decisions: Parameters<typeof recordDecisions>[1]): Promise<number[]> {
  const { cases } = await recordDecisions(it.db, decisions, SLA);
  it.deps.feed.nudge();
  return cases.map((c) => c.caseId);
}

async function judge(caseId: number, verdict: "fraud" | "legitimate"): Promise<void> {
  await giveVerdict(it.db, { caseId, actor: ANN, verdict, note: "" });
  it.deps.feed.nudge();
}

test("the dashboard has every currency by itself, to the last digit", async () => {
  await openCases(
    decision("a", { amount: 0.1 }),
    decision("b", { amount: 0.2 }),
    decision("c", { amount: 1_235, currency: "JPY" }),
    decision("d", { amount: 7, currency: "INR" }),
    risky("e", { amount: 12, currency: "USD" }),
  );
  const { words } = await page("/");
  expect(words).toContain("approved: €0.30, ₹7.00, JP¥1,235");
  expect(words).toContain("blocked, then reviewed: US$12.00");
  expect(words).toContain("each currency by itself: €0.30, ₹7.00, JP¥1,235, US$12.00");
});

test("a case's payment is in its own currency on every page and in the API", async () => {
  const [id] = await openCases(risky("yen", { amount: 1_235, currency: "JPY" }));
  for (const path of ["/", "/transactions", "/transactions/yen", "/reviews", `/reviews/${id}`]) {
    const { words } = await page(path);
    expect(words, path).toContain("JP¥1,235");
    expect(words, path).not.toContain("€");
  }
  expect(await api("/api/v1/transactions")).toMatchObject({ items: [{ currency: "JPY" }] });
  expect(await api("/api/v1/reviews")).toMatchObject({
    items: [{ currency: "JPY", expected_loss: 1_080.625 }],
  });
});

test("what the source knows changes nothing that people or programs are shown before a verdict", async () => {
  const [id] = await openCases(
    risky("asked", { cardToken: "tok" }),
    decision("earlier", { cardToken: "tok" }),
  );
  const shown = async (truth: boolean | null): Promise<unknown[]> => {
    await it.db.updateTable("decisions").set({ truth }).execute();
    return await Promise.all([
      ...["/transactions", "/transactions/asked", "/transactions/earlier", "/transactions?q=tok"].map(
        (path) => page(path),
      ),
      ...["/transactions?predicted=fraud", "/reviews", `/reviews/${id}`].map((path) => page(path)),
      ...["/api/v1/transactions", "/api/v1/reviews", `/api/v1/reviews/${id}`].map(api),
    ]);
  };
  const [fraud, legitimate, unknown] = [await shown(true), await shown(false), await shown(null)];
  expect(fraud).toEqual(unknown);
  expect(legitimate).toEqual(unknown);

  await it.db.updateTable("decisions").set({ truth: true }).execute();
  await judge(id!, "legitimate");
  const knew = "What the simulation knew: fraud.";
  expect((await page("/transactions/asked", "manager")).words).toContain(knew);
  expect((await page("/transactions/asked")).words).not.toContain(knew);
  expect((await page("/transactions/earlier")).words).not.toMatch(/truth|simulation/i);
  expect(await api("/api/v1/transactions?search=asked")).toMatchObject({ items: [{ truth: true }] });
});

test("the precision of flags is what people said of them, once they have said something", async () => {
  const ids = await openCases(risky("a"), risky("b"), risky("c"));
  const simulated = "simulation's truth: 0 false alarms in its 3 flags";
  expect((await page("/", "manager")).words).toContain(`Precision of flags 100.0 % ${simulated}`);
  expect((await page("/")).words).toContain("Precision of flags – no verdict yet");
  for (const id of ids.slice(0, 2)) await judge(id, "legitimate");
  const judged = "Precision of flags 0.0 % verdicts: 2 false alarms in 2 judged";
  expect((await page("/", "manager")).words).toContain(`${judged} ${simulated}`);
  const { words } = await page("/");
  expect(words).toContain(judged);
  // It would answer what an analyst is asked.
  expect(words).not.toMatch(/truth|simulation|missed|recall/i);
});

test("a case that nobody decided says when it was scored; a verdict has the last word of the story", async () => {
  const [id] = await openCases(risky("a"));
  const before = (await page(`/reviews/${id}`)).words;
  expect(before).toContain("Scored");
  expect(before).not.toContain("Decided");
  await judge(id!, "legitimate");
  for (const path of [`/reviews/${id}`, "/transactions/a"]) {
    const { words } = await page(path);
    expect(words, path).toMatch(/A person has since called it legitimate/);
    expect(words, path).not.toContain("it was blocked");
  }
});

test("a page beyond the last one is the last one; what is no page is refused by name", async () => {
  await openCases(...Array.from({ length: 60 }, (_, i) => risky(`t${i}`)));
  for (const beyond of ["3", "99", "100000", "99999999999999999999"]) {
    const { status, words } = await page(`/reviews?page=${beyond}`);
    expect([status, words.match(/Page \d+ of \d+/)?.[0]]).toEqual([200, "Page 2 of 2"]);
    expect(words).not.toContain("No case waits");
  }
  expect((await page("/reviews?page=99&show=decided")).words).toContain("No case has been decided yet");
  for (const none of ["0", "-1", "1.5", "x"]) {
    expect((await page(`/reviews?page=${none}`)).status, none).toBe(400);
  }
  const end = await page("/transactions?before=1");
  expect(end.words).toContain("There is nothing older than this.");
  expect((await page("/transactions?before=9007199254740991")).words).toContain("t59");
  for (const none of ["0", "-1", "x", "1e30"]) {
    expect((await page(`/transactions?before=${none}`)).status, none).toBe(400);
  }
});

test("times are in the browser's zone, which is named where they are read", async () => {
  await openCases(decision("a", { eventTime: "2026-11-22T21:43:07Z" }));
  const cookie = cookies.analyst;
  cookies.analyst += "; tz=Asia/Tokyo";
  try {
    for (const path of ["/", "/transactions", "/reviews?show=decided"]) {
      expect((await page(path)).words, path).toContain("times in Asia/Tokyo (GMT+9)");
    }
    expect((await page("/transactions/a")).words).toContain("on 23 Nov 2026, 06:43:07 GMT+9");
    expect((await page("/transactions/a")).words).not.toContain("21:43:07");
  } finally {
    cookies.analyst = cookie ?? "";
  }
});

test("amounts in one currency are shown only by rates that an operator set, marked as converted", async () => {
  await recordDecisions(
    it.db,
    [
      decision("a", { amount: 10 }),
      decision("b", { amount: 2_000, currency: "JPY" }),
      decision("c", { amount: 1, currency: "CHF" }),
    ],
    SLA,
  );
  it.deps.feed.nudge();
  expect((await page("/")).words).not.toContain("converted");
  await setRate(it.db, ANN, { base: "EUR", currency: "JPY", rate: "0.006", validFrom: "2026-01-05" });
  await expect
    .poll(async () => {
      it.deps.feed.nudge();
      return (await page("/")).words;
    })
    .toContain("≈ €22.00 converted by rates of 2026-01-05 or later; CHF has no rate");
  await sql`delete from exchange_rates`.execute(it.db);
});

test("the last hour is held against the same hour of past weeks, and what is off it is named first", async () => {
  const read = () => readHourReport(it.db, AT);
  const AT = new Date("2026-11-27T12:30:40Z");
  const count = async (week: number, tier: "low" | "critical", rows: Partial<Hour>) => {
    // Half of it in each half hour; and something just outside, which does not count.
    for (const minutes of [-59, -1, 0, -61]) {
      const inside = minutes === -59 || minutes === -1;
      await it.db
        .insertInto("counters_by_minute")
        .values({
          minute: new Date(Date.UTC(2026, 10, 27, 12, 30 + minutes) - week * 7 * 86_400_000),
          risk_tier: tier,
          transactions: inside ? (rows.transactions ?? 0) / 2 : 7_777,
          cases_opened: inside ? (rows.opened ?? 0) / 2 : 777,
          verdicts_fraud: inside ? (rows.verdicts ?? 0) / 2 : 777,
          cases_escalated: inside ? (rows.escalated ?? 0) / 2 : 777,
        })
        .execute();
    }
  };
  await count(0, "low", { transactions: 400 });
  await count(0, "critical", { transactions: 100, opened: 100, verdicts: 20, escalated: 0 });
  await count(1, "low", { transactions: 960 });
  await count(1, "critical", { transactions: 20, opened: 20, verdicts: 18, escalated: 2 });
  await count(2, "low", { transactions: 1_000 });
  expect(await read()).toMatchObject({ weeks: 2, wanted: 3 });
  expect((await read()).readings.every(({ state }) => state === "unknown")).toBe(true);
  await count(2, "critical", { transactions: 24, opened: 24, verdicts: 22 });
  await count(3, "low", { transactions: 1_040 });
  await count(3, "critical", { transactions: 16, opened: 16, verdicts: 20 });
  const { readings } = await read();
  const by = Object.fromEntries(readings.map((reading) => [reading.figure, reading]));
  // 980, 1,024 and 1,056: mean 1,020, a tenth of it is more than their spread.
  expect(by["transactions"]).toMatchObject({ value: 500, state: "low" });
  expect(by["transactions"]?.usual?.low).toBeCloseTo(1_020 - 3 * 102, 6);
  expect(by["risky"]).toMatchObject({ value: 0.2, state: "high" });
  expect(by["opened"]).toMatchObject({ value: 100, state: "high" });
  expect(by["verdicts"]).toMatchObject({ value: 20, state: "usual" });
  expect(by["escalated"]).toMatchObject({ value: 0, state: "usual" });
});
