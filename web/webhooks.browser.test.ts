import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { risky, SLA } from "../pipeline/store/testing.ts";
import { noteEvents } from "../pipeline/webhooks/events.ts";
import { type Sender, startSender } from "../pipeline/webhooks/sender.ts";
import { type Receiver, startReceiver } from "../pipeline/webhooks/testing/receiver.ts";
import { readAllowed } from "../platform/outgoing/addresses.ts";
import { startTestBrowsers, type TestBrowser, type TestBrowsers } from "./testing/browsers.ts";

const LIMIT = { timeout: 60_000 };

let it: TestBrowsers;
let to: Receiver;
let sender: Sender;
beforeAll(async () => {
  it = await startTestBrowsers(undefined, { env: { OUTGOING_ALLOW: "127.0.0.1" } });
  to = await startReceiver();
  const { db, secrets, logger } = it.deps;
  sender = startSender({
    ...{ db, secrets, logger, allowed: readAllowed("127.0.0.1"), pollMs: 50 },
    tellOwner: async () => {},
  });
});
afterAll(async () => {
  await sender?.stop();
  to?.close();
  await it?.stop();
});

async function manager(name: string): Promise<TestBrowser> {
  const browser = await it.open(name);
  await it.db.updateTable("users").set({ role: "manager" }).where("name", "=", name).execute();
  return browser;
}

test(
  "a manager adds an endpoint, tests it, sees what it answers, sends again, rotates and removes it",
  LIMIT,
  async () => {
    const { context, page, complaints } = await manager("mia");
    await page.goto(it.base);
    await page.getByRole("link", { name: "Webhooks" }).click();
    await page.getByLabel("Address").fill("http://10.0.0.7/hook");
    await page.getByRole("button", { name: "Add the endpoint" }).click();
    await page.getByText("10.0.0.7 is inside this network").first().waitFor();
    await page.getByText("It must name at least one event").waitFor();
    expect(await page.getByLabel("Address").inputValue()).toBe("http://10.0.0.7/hook");

    await page.getByLabel("Address").fill(to.url);
    await page.getByLabel("What it is for").fill("Payment gateway");
    await page.getByLabel("A case waits for a verdict").check();
    await page.getByLabel("Critical", { exact: true }).check();
    await page.getByRole("button", { name: "Add the endpoint" }).click();
    const secret = await page.getByLabel("Secret", { exact: true }).inputValue();
    expect(secret).toMatch(/^whsec_/);
    to.trust(secret);
    await page.goto(`${it.base}/webhooks`);
    expect(await page.content()).not.toContain(secret);
    await page.getByRole("link", { name: "Payment gateway" }).click();

    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText("A test is on its way").waitFor();
    await expect.poll(() => to.received.length, { timeout: 10_000 }).toBe(1);
    await recordDecisions(it.db, [risky("hooked")], SLA);
    const { case_id: caseId, due_at } = await it.db
      .selectFrom("review_cases")
      .selectAll()
      .where("transaction_id", "=", "hooked")
      .executeTakeFirstOrThrow();
    to.answer(500);
    await noteEvents(it.db, [{ kind: "case.opened", caseId, dueAt: due_at.toISOString() }]);
    await sql`update webhook_deliveries set attempts = 9 where state = 'waiting'`.execute(it.db);
    await expect.poll(() => to.received.length, { timeout: 10_000 }).toBe(2);
    to.answer(204);

    await expect
      .poll(
        async () =>
          (
            await it.db
              .selectFrom("webhook_deliveries")
              .select("delivery_id")
              .where("state", "=", "failed")
              .execute()
          ).length,
        { timeout: 10_000 },
      )
      .toBe(1);
    await page.getByRole("link", { name: "Failed" }).click();
    await page.getByText("not now").waitFor();
    await page.getByRole("button", { name: /^Send msg_/ }).click();
    await page.getByText("It is on its way again").waitFor();
    await expect.poll(() => to.received.length, { timeout: 10_000 }).toBe(3);
    expect(to.received[2]?.id).toBe(to.received[1]?.id);

    await page.getByText("New secret").click();
    await page.getByRole("button", { name: "Make another secret" }).click();
    expect(await page.getByLabel("Secret", { exact: true }).inputValue()).not.toBe(secret);
    await page.getByText("The earlier one signs too until").waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    await page.goto(`${it.base}/webhooks`);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    await page.getByRole("link", { name: "Payment gateway" }).click();
    await page.getByText("Remove", { exact: true }).click();
    await page.getByRole("button", { name: "Remove the endpoint" }).click();
    await page.getByText("No server is told of anything yet").waitFor();
    const acts = await it.db
      .selectFrom("audit_log")
      .select("act")
      .where("act", "like", "webhook.%")
      .orderBy("audit_id")
      .execute();
    expect(acts.map(({ act }) => act)).toEqual([
      "webhook.added",
      "webhook.replayed",
      "webhook.rotated",
      "webhook.removed",
    ]);
    // The browser says that the refused form was.
    expect(complaints.filter((text) => !text.includes("400"))).toEqual([]);
    await context.close();
  },
);

test("an analyst is neither shown the place nor let in", LIMIT, async () => {
  const { context, page } = await it.open("ann");
  await page.goto(it.base);
  expect(await page.getByRole("link", { name: "Webhooks" }).count()).toBe(0);
  expect((await page.goto(`${it.base}/webhooks`))?.status()).toBe(403);
  await context.close();
});
