import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "../domain/actors.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { claimCase } from "../pipeline/review/claim.ts";
import { giveVerdict } from "../pipeline/review/verdict.ts";
import { createPartitions } from "../pipeline/store/partitions.ts";
import { ANN, decision, SLA } from "../pipeline/store/testing.ts";
import { Random } from "../platform/math/random.ts";
import { live, startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

const LIMIT = { timeout: 180_000 };
const DAY_MS = 86_400_000;
const PICTURES = join(tmpdir(), "paysecure-analytics");
const ZOE: Actor = { kind: "user", id: "77", name: "zoe.van-der-longest-name@payments.example" };

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
  await mkdir(PICTURES, { recursive: true });
});
afterAll(async () => await it?.stop());

/** Two weeks of payments with days and nights, a merchant that is tested on, and verdicts. */
async function fill(): Promise<void> {
  const now = Date.now();
  await createPartitions(it.db, new Date(now - 16 * DAY_MS), new Date(now));
  const random = new Random(3, 5);
  const times: { id: string; at: string }[] = [];
  const payments = Array.from({ length: 6_000 }, (_, i) => {
    let at = now;
    do at = now - random.next() * 13.9 * DAY_MS;
    while (random.next() > 0.15 + 0.85 * Math.sin((Math.PI * (new Date(at).getUTCHours() + 1)) / 25));
    times.push({ id: `a-${i}`, at: new Date(at).toISOString() });
    const merchantId =
      random.next() < 0.03 ? "tested-on-merchant-with-a-very-long-name-indeed" : `shop-${i % 23}`;
    const country = ["FR", "FR", "FR", "DE", "DE", "IT", "ES", "BR", "US"][Math.floor(random.next() * 9)]!;
    const bad = random.next() < (merchantId.startsWith("tested") ? 0.5 : country === "BR" ? 0.08 : 0.015);
    return decision(`a-${i}`, {
      ...{ merchantId, country, channel: ["chip", "contactless", "online"][i % 3]! },
      merchantCategory: ["5411", "5812", "5999", "travel_agencies_and_tours"][i % 4]!,
      currency: i % 2 ? "EUR" : "JPY",
      fraudProbability: bad ? 0.6 + random.next() * 0.4 : random.next() ** 4 * 0.5,
      ...(bad ? ({ riskTier: "critical", action: "block", fraudPredicted: true } as const) : {}),
    });
  });
  for (let i = 0; i < payments.length; i += 1_000) {
    await recordDecisions(it.db, payments.slice(i, i + 1_000), SLA);
  }
  const moved = sql`json_to_recordset(${JSON.stringify(times)}::json) as t (id text, at timestamptz)`;
  await sql`update decisions d set decided_at = t.at from ${moved} where d.transaction_id = t.id`.execute(
    it.db,
  );
  await sql`update review_cases c set decision_at = t.at from ${moved} where c.transaction_id = t.id`.execute(
    it.db,
  );
  await sql`truncate counter_deltas`.execute(it.db);
  await sql`insert into counters_by_minute (minute, risk_tier, transactions)
    select date_trunc('minute', decided_at), risk_tier, count(*) from decisions group by 1, 2`.execute(it.db);
  const cases = await it.db.selectFrom("review_cases").select("case_id").limit(50).execute();
  for (const [i, { case_id: caseId }] of cases.entries()) {
    const actor = i < 45 ? ANN : ZOE;
    await claimCase(it.db, caseId, actor);
    await giveVerdict(it.db, { caseId, actor, verdict: i % 4 === 0 ? "legitimate" : "fraud", note: "" });
  }
  await sql`update review_events set at = at - interval '1 second' * (60 + case_id % 600)
    where kind = 'claimed'`.execute(it.db);
}

const VIEWS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;
const THEMES = ["light", "dark"] as const;

test(
  "the page is read at a desk and on a phone, by day and by night, and before anything came",
  LIMIT,
  async () => {
    const { context, page, complaints } = await it.open("lea", it.base, "lead");
    const shoot = async (name: string, path: string): Promise<void> => {
      for (const viewport of VIEWS) {
        for (const colorScheme of THEMES) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize(viewport);
          await page.goto(`${it.base}${path}`);
          await live(page).waitFor();
          const where = `${name}-${viewport.width}-${colorScheme}`;
          expect(await page.evaluate("document.documentElement.scrollWidth"), where).toBeLessThanOrEqual(
            viewport.width,
          );
          // No text of a table lies over its neighbour.
          const over = await page.evaluate<string[]>(`
          [...document.querySelectorAll("table.where td, table.workload td")]
            .filter((cell) => cell.offsetParent && cell.scrollWidth > cell.clientWidth + 1)
            .map((cell) => cell.textContent)`);
          expect(over, where).toEqual([]);
          await page.screenshot({ path: join(PICTURES, `${where}.png`), fullPage: true });
        }
      }
    };
    await shoot("empty", "/analytics");
    await page.getByText("No payment in these 7 days").waitFor();

    await fill();
    await shoot("full", "/analytics");
    await shoot("risky", "/analytics?measure=risky");
    await shoot("day", "/analytics?days=1");

    // One more place in the bar at the bottom of a small phone: no name lies over its neighbour.
    await page.setViewportSize({ width: 360, height: 740 });
    expect(
      await page.evaluate<string[]>(`
        [...document.querySelectorAll('.nav[aria-label="Main"] a')]
          .filter((link) => link.scrollWidth > link.clientWidth + 1 || link.getBoundingClientRect().right > 360)
          .map((link) => link.textContent)`),
    ).toEqual([]);
    await page.screenshot({ path: join(PICTURES, "small-phone.png") });

    await page.setViewportSize(VIEWS[0]);
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Analytics" }).click();
    await page.getByRole("link", { name: "28 days" }).click();
    await page.getByRole("link", { name: "Risky share" }).click();
    await page
      .getByRole("img", { name: /^Hours of the week\. Riskiest/ })
      .first()
      .waitFor();
    expect(new URL(page.url()).search).toBe("?days=28&measure=risky");
    // The picture's figures are there as a table.
    await page.locator("summary", { hasText: "As a table" }).first().click();
    await page.getByRole("rowheader", { name: "13:00" }).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Hours of the week as SVG" }).click(),
    ]);
    await file.saveAs(join(PICTURES, "heat.svg"));
    for (const [name, link] of [
      ["where", "Origins as SVG"],
      ["scores", "Scores as SVG"],
    ] as const) {
      const [saved] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: link }).click(),
      ]);
      await saved.saveAs(join(PICTURES, `${name}.svg`));
    }
    // Only what is known of a merchant leads on.
    await page.getByRole("link", { name: /^tested-on-merchant/ }).click();
    await page.getByRole("heading", { name: "Transactions" }).waitFor();

    await page.goto(`${it.base}/analytics`);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.setViewportSize({ width: 760, height: 1_000 });
    expect(await page.locator(".rail").isVisible()).toBe(false);
    await page.screenshot({ path: join(PICTURES, "print.png"), fullPage: true });
    await page.pdf({ path: join(PICTURES, "print.pdf"), format: "A4" });
    expect(complaints).toEqual([]);
    await context.close();
  },
);
