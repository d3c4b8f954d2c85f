import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { raiseAlert } from "../pipeline/alerts/raise.ts";
import { OUTBOX_LEASE } from "../pipeline/outbox/relay.ts";
import { takeLease } from "../pipeline/store/leases.ts";
import { risky } from "../pipeline/store/testing.ts";
import { live, startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";
import { keepTestModels } from "./testing/models.ts";
import { fakeScorer } from "./testing/scorer.ts";

const LIMIT = { timeout: 120_000 };
/** Pictures for people to look at. */
const PICTURES = join(tmpdir(), "paysecure-status");
const WIDTHS = [1440, 390] as const;

let it: TestBrowsers;
let serves = true;
beforeAll(async () => {
  it = await startTestBrowsers(
    fakeScorer({
      health: async () => {
        if (!serves) throw new Error("away");
        return "serving";
      },
    }),
  );
  await keepTestModels(it.db);
  await takeLease(it.db, OUTBOX_LEASE, "worker", 3_600_000);
  await mkdir(PICTURES, { recursive: true });
});
afterAll(async () => await it?.stop());

/** Each width in light and dark: nothing is wider than the window. */
async function look(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      const [wide, high] = await page.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]",
      );
      expect([name, width, wide <= width]).toEqual([name, width, true]);
      await page.setViewportSize({ width, height: high });
      await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

test(
  "one look says that all is well; the page follows when the scorer goes, and leads to the runbook",
  LIMIT,
  async () => {
    const { page, complaints } = await it.open("lea", it.base, "lead");
    await page.goto(it.base);
    await page.getByRole("link", { name: "Status" }).click();
    const top = page.locator(".status-sentence");
    await page.getByText("All is well.").waitFor();
    await live(page).waitFor();
    await look(page, "well");

    serves = false;
    await page.getByText("Payments are not decided: the scorer does not answer").waitFor({ timeout: 30_000 });
    await it.arrive(risky("late-1"), risky("late-2"));
    await sql`update review_cases set due_at = now() - interval '3 minutes'`.execute(it.db);
    await sql`update outbox set created_at = now() - interval '10 minutes'`.execute(it.db);
    await it.db
      .transaction()
      .execute((trx) => raiseAlert(trx, { kind: "scorer_away", body: "scorer does not answer" }));
    await page.getByText("2 more parts need somebody.").waitFor({ timeout: 30_000 });
    const row = page.getByRole("row", { name: /Scorer Failing/ });
    expect(await row.textContent()).toContain("Start the scorer, read its log");
    expect(await row.locator("time").count()).toBe(1);
    await look(page, "failing");

    await row.getByRole("link", { name: "Runbook: Scorer" }).click();
    await page.getByRole("heading", { name: "The scorer does not serve" }).waitFor();
    expect(new URL(page.url()).hash).toBe("#the-scorer-does-not-serve");
    await look(page, "runbook");
    await page.goBack();
    serves = true;
    await it.db.deleteFrom("outbox").execute();
    await expect.poll(() => top.textContent(), { timeout: 30_000 }).toMatch(/^Cases are late: 2 of 2/);
    expect(complaints).toEqual([]);
  },
);

test("without Redis the open page goes on and says so", LIMIT, async () => {
  const { page } = await it.open("mo", it.base, "manager");
  await page.goto(`${it.base}/status`);
  await live(page).waitFor();
  await it.redis.kill();
  await page.getByText("Payments cannot be taken in: Redis does not answer").waitFor({ timeout: 60_000 });
  await page.getByRole("row", { name: /Queues Not known/ }).waitFor();
  await look(page, "without-redis");
  await page.reload();
  await page.getByText("Payments cannot be taken in: Redis does not answer").waitFor();
  await it.redis.start();
  await page.getByText("Payments cannot be taken in").waitFor({ state: "detached", timeout: 60_000 });
});
