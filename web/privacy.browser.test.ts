import { afterAll, beforeAll, expect, test } from "vitest";
import { runErasures } from "../pipeline/privacy/erasures.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { foldCounters } from "../pipeline/store/fold-counters.ts";
import { decision, risky, SLA } from "../pipeline/store/testing.ts";
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

async function look({ page }: TestBrowser, id: string): Promise<void> {
  await page.goto(`${it.base}/privacy`);
  await page.getByLabel("Id", { exact: true }).fill(id);
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByRole("heading", { name: `What is held about customer ${id}` }).waitFor();
}

test(
  "one admin asks for an erasure, another agrees; an auditor's hold keeps a payment; the payment's page says what it was",
  LIMIT,
  async () => {
    const abc = { entities: { customer: "ABC" }, fields: { memo: "hello" } };
    const { cases } = await recordDecisions(it.db, [decision("p-1", abc), risky("p-2", abc)], SLA);
    const auditor = await person("ada", "auditor");
    await auditor.page.goto(`${it.base}/privacy`);
    const hold = auditor.page.locator("form[action='/privacy/holds']");
    await hold.getByRole("textbox", { name: "Case" }).fill(String(cases[0]!.caseId));
    await hold.getByLabel("Why").fill("file 7 of the court");
    await hold.getByRole("button", { name: "Put a hold" }).click();
    await auditor.page.getByText("Hold 1 stands.").waitFor();
    await look(auditor, "ABC");
    expect(await auditor.page.getByRole("button", { name: "Ask for erasure" }).count()).toBe(0);
    const download = auditor.page.waitForEvent("download");
    await auditor.page.getByRole("button", { name: "Take out as JSON" }).click();
    const text = await (await download).createReadStream();
    const pieces: Buffer[] = [];
    for await (const piece of text) pieces.push(piece as Buffer);
    expect(JSON.parse(Buffer.concat(pieces).toString()).decisions).toHaveLength(2);

    const root = await person("root", "admin");
    await look(root, "ABC");
    await root.page.getByLabel("Why it is to be erased").fill("ABC wrote to us");
    await root.page.getByRole("button", { name: "Ask for erasure" }).click();
    await root.page.getByText(/names the id itself/).waitFor();
    await root.page.getByLabel("Why it is to be erased").fill("request 21");
    await root.page.getByRole("button", { name: "Ask for erasure" }).click();
    await root.page.getByText("Erasure 1 waits for a second person.").waitFor();
    expect(await root.page.getByRole("button", { name: "Agree" }).count()).toBe(0);

    const second = await person("rita", "admin");
    await second.page.goto(`${it.base}/privacy`);
    await second.page.getByRole("button", { name: "Agree" }).click();
    await second.page.getByText("is being done").waitFor();
    await runErasures(it.db, async () => 0);
    await second.page.goto(`${it.base}/privacy`);
    await second.page.getByText(/decisions held 1/).waitFor();

    await second.page.goto(`${it.base}/transactions/p-1`);
    await second.page.getByText(/Redacted on/).waitFor();
    expect(await second.page.content()).not.toContain("hello");
    await second.page.goto(`${it.base}/transactions/p-2`);
    await second.page.getByText("hello").waitFor();
    // The refusal of the reason, and nothing else.
    expect(root.complaints.filter((said) => !said.includes("400 (Bad Request)"))).toEqual([]);
    expect([...auditor.complaints, ...second.complaints]).toEqual([]);
  },
);

test("an admin sees what is kept until when; nothing is dropped without being sure", LIMIT, async () => {
  await foldCounters(it.db, "test");
  const { page, complaints } = await person("rob", "admin");
  await page.goto(`${it.base}/retention`);
  await page.getByText("1,827 days (RETENTION_DAYS)").waitFor();
  await page.getByText(/goes on \d{4}-\d\d-\d\d/).waitFor();
  expect(await page.getByRole("button", { name: "Drop and redact now" }).count()).toBe(0);
  expect(complaints).toEqual([]);
});
