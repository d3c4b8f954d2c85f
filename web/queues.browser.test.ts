import { afterAll, beforeAll, expect, test } from "vitest";
import type { Role } from "../domain/rights.ts";
import { closedDoors } from "../pipeline/door-state.ts";
import { redisOf } from "../pipeline/lanes.ts";
import { enqueueTransactions } from "../pipeline/queues.ts";
import { startTestBrowsers, type TestBrowser, type TestBrowsers } from "./testing/browsers.ts";

const LIMIT = { timeout: 90_000 };

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
  await enqueueTransactions(it.deps.transactions, {
    ...{ chunkId: "chunk-1", source: "bank" },
    transactions: [{ transactionId: "t-1", amount: 10, extra: "4111 1111 1111 1111" } as never],
  });
});
afterAll(async () => await it?.stop());

async function person(name: string, role: Role): Promise<TestBrowser> {
  const browser = await it.open(name);
  await it.db.updateTable("users").set({ role }).where("name", "=", name).execute();
  return browser;
}

test("a manager drains the queue and resumes it; an auditor only looks", LIMIT, async () => {
  const { page, complaints } = await person("mo", "manager");
  await page.goto(`${it.base}/queues`);
  await page.getByRole("cell", { name: "bank" }).waitFor();
  await page.getByRole("button", { name: "Drain" }).click();
  await page.getByText("mo drains the queue").waitFor();
  const prefix = it.deps.config.REDIS_PREFIX;
  expect(await closedDoors(redisOf(it.deps.transactions.queues[0]), prefix)).toMatchObject({
    closedBy: "mo",
  });
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("the doors are open").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("paused", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("the doors are open").waitFor();
  expect(await it.deps.transactions.queues[0].isPaused()).toBe(false);

  const auditor = await person("ada", "auditor");
  await auditor.page.goto(`${it.base}/queues`);
  await auditor.page.getByRole("cell", { name: "bank" }).waitFor();
  expect(await auditor.page.getByRole("button", { name: "Drain" }).count()).toBe(0);
  expect([...complaints, ...auditor.complaints]).toEqual([]);
});

test(
  "the board works under its policy: an admin acts in it, audited; a manager and a lead look; an analyst is turned away",
  LIMIT,
  async () => {
    const { page, complaints } = await person("root", "admin");
    await page.goto(`${it.base}/queues/board`);
    await page
      .getByRole("link", { name: /transactions/ })
      .first()
      .waitFor();
    await page.goto(`${it.base}/queues/board/queue/transactions?status=prioritized`);
    await page.getByText("bank").first().waitFor();
    const jobs = await page.evaluate(async () =>
      (
        await fetch(
          "/queues/board/api/queues?activeQueue=transactions&status=prioritized&page=1&jobsPerPage=10",
        )
      ).text(),
    );
    expect(jobs).toContain("t-1");
    expect(jobs).toContain("[16 digits]");
    expect(jobs).not.toContain("4111");
    const pause = (browser: Pick<TestBrowser, "page">): Promise<number> =>
      browser.page.evaluate(
        async () => (await fetch("/queues/board/api/queues/transactions/pause", { method: "PUT" })).status,
      );
    const manager = await person("max", "manager");
    await manager.page.goto(`${it.base}/queues/board`);
    await manager.page
      .getByRole("link", { name: /transactions/ })
      .first()
      .waitFor();
    expect(await pause(manager)).toBe(403);
    const lead = await person("lea", "lead");
    expect((await lead.page.goto(`${it.base}/queues/board`))?.status()).toBe(200);
    expect(await pause(lead)).toBe(403);
    const analyst = await person("ana", "analyst");
    expect((await analyst.page.goto(`${it.base}/queues/board`))?.status()).toBe(403);
    // What the library loads ahead is its matter.
    expect(complaints.filter((said) => !said.includes("preloaded"))).toEqual([]);
    expect(await pause({ page })).toBe(200);
    expect(await it.deps.transactions.queues[0].isPaused()).toBe(true);
    const empty = await page.evaluate(
      async () => (await fetch("/queues/board/api/queues/transactions/empty", { method: "PUT" })).status,
    );
    expect([empty, await it.deps.transactions.queues[0].getPrioritizedCount()]).toEqual([403, 1]);
    const acts = await it.db
      .selectFrom("audit_log")
      .select(["act", "detail"])
      .orderBy("audit_id", "desc")
      .limit(1)
      .execute();
    expect(acts).toMatchObject([
      { act: "queue.board", detail: { method: "PUT", path: "/api/queues/transactions/pause" } },
    ]);
  },
);
