import { afterAll, beforeAll, expect, test } from "vitest";
import { recordDeadLetters } from "../pipeline/store/dead-letters.ts";
import { startTestBrowsers, type TestBrowser, type TestBrowsers } from "./testing/browsers.ts";

const LIMIT = { timeout: 60_000 };

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(async () => await it?.stop());

async function person(name: string, role: "admin" | "auditor"): Promise<TestBrowser> {
  const browser = await it.open(name);
  await it.db.updateTable("users").set({ role }).where("name", "=", name).execute();
  return browser;
}

const letter = (n: number, payload: object, error = "amount: expected number, received string") => ({
  ...{ queue: "transactions", jobId: `job-${n}`, position: 0, transactionId: `tx-${n}`, source: "bank" },
  ...{ errorCode: "invalid_argument", error, payload: { transactionId: `tx-${n}`, ...payload } },
});

test(
  "an admin sees why payments were not decided, is told what is still wrong, and hands them in; an auditor only looks",
  LIMIT,
  async () => {
    const v = Array<number>(28).fill(0);
    await recordDeadLetters(it.db, [
      letter(1, { amount: "ten", v }),
      letter(2, { amount: 3, v, cardToken: "4111 1111 1111 1111" }, "cardToken: looks like a card number"),
      letter(3, { amount: 4, v }),
    ]);
    const { page, complaints } = await person("root", "admin");
    await page.goto(`${it.base}/dead-letters`);
    await page.getByRole("link", { name: "tx-1" }).click();
    await page.getByRole("button", { name: "Hand in as it stands here" }).click();
    await page.getByText("It would be refused again").waitFor();
    const editor = page.getByLabel("What came");
    await editor.fill("{ not JSON");
    await page.getByRole("button", { name: "Hand in as it stands here" }).click();
    await page.getByText("This is no JSON").waitFor();
    expect(await editor.inputValue()).toBe("{ not JSON");
    await editor.fill(JSON.stringify({ transactionId: "tx-1", amount: 10, v }));
    await page.getByRole("button", { name: "Hand in as it stands here" }).click();
    await page.waitForURL(`${it.base}/dead-letters`);
    expect(await page.getByRole("link", { name: /^tx-/ }).allInnerTexts()).toEqual(["tx-3", "tx-2"]);

    await page.getByRole("link", { name: "tx-2" }).click();
    expect(await page.getByRole("button", { name: "Hand in as it came" }).count()).toBe(0);
    expect(await page.content()).not.toContain("4111");
    await page.goto(`${it.base}/dead-letters?reason=invalid_argument`);
    await page.getByRole("button", { name: "Hand in again: all 2" }).click();
    await page.getByText("1 handed in again").waitFor();
    const messages = await it.db
      .selectFrom("outbox")
      .select("payload")
      .where("kind", "=", "dead_letters.redriven")
      .execute();
    expect(messages).toHaveLength(2);
    await page.getByRole("link", { name: "Handed in again" }).click();
    await page.getByText("handed in again by root").first().waitFor();

    const auditor = await person("ada", "auditor");
    await auditor.page.goto(`${it.base}/dead-letters`);
    await auditor.page.getByRole("link", { name: "tx-2" }).click();
    await auditor.page.getByText("cardToken: looks like a card number").waitFor();
    expect(await auditor.page.getByRole("button", { name: /Hand in|aside/ }).count()).toBe(0);
    // The two refusals, and nothing else.
    expect(complaints.filter((text) => !text.includes("400 (Bad Request)"))).toEqual([]);
    expect(auditor.complaints).toEqual([]);
  },
);
