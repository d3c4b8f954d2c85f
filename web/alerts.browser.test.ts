import { afterAll, beforeAll, expect, test } from "vitest";
import { startDeliverer } from "../pipeline/alerts/deliverer.ts";
import { raiseAlert } from "../pipeline/alerts/raise.ts";
import { sendAlerts } from "../pipeline/alerts/sending/send.ts";
import { startBrowser } from "../pipeline/alerts/testing/browser.ts";
import { type Receiver, startReceiver } from "../pipeline/alerts/testing/receiver.ts";
import { readAllowed } from "../platform/outgoing/addresses.ts";
import { startTestBrowsers, type TestBrowser, type TestBrowsers } from "./testing/browsers.ts";

const LIMIT = { timeout: 90_000 };

let it: TestBrowsers;
let receiver: Receiver;
beforeAll(async () => {
  [it, receiver] = await Promise.all([startTestBrowsers(), startReceiver()]);
});
afterAll(async () => {
  await it?.stop();
  await receiver?.stop();
});

async function person(name: string, role: "admin" | "auditor" | "analyst"): Promise<TestBrowser> {
  const browser = await it.open(name);
  await it.db.updateTable("users").set({ role }).where("name", "=", name).execute();
  await browser.page.goto(it.base);
  return browser;
}

test(
  "a manager sees what fires, has it, sets a channel up, tries it, and says what is told; an auditor only looks",
  LIMIT,
  async () => {
    const deliverer = startDeliverer({
      ...{ db: it.db, logger: it.deps.logger, secrets: async () => it.deps.secrets, pollMs: 50 },
      send: (message, target) =>
        sendAlerts(
          {
            ...{ allowed: readAllowed("127.0.0.1"), mailer: null, mailFrom: "", publicUrl: it.base },
            pushKeys: async () => null,
          },
          message,
          target,
        ),
    });
    const { page, complaints } = await person("root", "admin");
    await page.goto(`${it.base}/alerts/channels`);
    await page.getByText("No channels").waitFor();
    await page.locator("summary", { hasText: "Webhook" }).click();
    const form = page.locator("form", { has: page.locator('input[value="webhook"]') });
    await form.getByLabel("Name").fill("on-call");
    await form.getByLabel("Address").fill("file:///etc/passwd");
    await form.getByRole("button", { name: "Add" }).click();
    await page.getByText("must begin with https:// or http://").waitFor();
    await page.locator("summary", { hasText: "Webhook" }).click();
    await form.getByLabel("Name").fill("on-call");
    await form.getByLabel("Address").fill(`${receiver.url}/hook-token-in-path`);
    await form.getByRole("button", { name: "Add" }).click();
    const secret = await page.getByLabel("Signing secret", { exact: true }).inputValue();
    expect(secret).toMatch(/^whsec_/);

    await page.goto(`${it.base}/alerts/channels`);
    expect(await page.content()).not.toContain(secret);
    expect(await page.content()).not.toContain("hook-token-in-path");
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("on-call took the test message; its server said: 200 ok").waitFor();
    expect(receiver.received.map(({ path }) => path)).toEqual(["/hook-token-in-path"]);

    await page.goto(`${it.base}/alerts/conditions`);
    const disk = page.getByRole("form", { name: "Disk nearly full" });
    await disk.getByLabel("Threshold").fill("75");
    await disk.getByLabel("To").selectOption({ label: "on-call" });
    await disk.getByRole("button", { name: "Save" }).click();
    await page.getByText("(75 %)").waitFor();
    await page.getByLabel("Not acknowledged after, minutes").fill("5");
    await page.getByRole("button", { name: "Save" }).first().click();
    await page.getByText("Say after how many minutes and to which channel").waitFor();

    await it.db.transaction().execute(async (trx) => {
      await raiseAlert(trx, { kind: "disk_full", body: "76 % is used" });
      await raiseAlert(trx, {
        kind: "webhook_disabled",
        subject: "webhook:1",
        body: "no answer <b>for days</b>",
      });
    });
    it.deps.feed.nudge();
    await page.goto(`${it.base}/alerts`);
    await page.getByText("no answer <b>for days</b>").waitFor();
    // The stream counts them beside the word in the navigation.
    await page.locator("#alert-count", { hasText: "2" }).waitFor();
    expect(await page.locator("#alert-count").getAttribute("data-overdue")).toBe("true");
    await page.getByRole("button", { name: "Acknowledge: Disk nearly full" }).click();
    await page.getByText("root has it").waitFor();
    await page.locator("#alert-count", { hasText: "1" }).waitFor();

    await page.goto(`${it.base}/alerts/deliveries`);
    await page.getByText("Test of alerts").waitFor();
    await page.getByText("Disk nearly full").waitFor();

    const auditor = await person("ada", "auditor");
    await auditor.page.goto(`${it.base}/alerts`);
    await auditor.page.getByText("root has it").waitFor();
    expect(await auditor.page.getByRole("button", { name: /Acknowledge|Save|Test|Add/ }).count()).toBe(0);
    await auditor.page.goto(`${it.base}/alerts/channels`);
    expect(await auditor.page.getByRole("button", { name: /Save|Test|Remove|Add/ }).count()).toBe(0);

    const analyst = await person("ann", "analyst");
    expect(await analyst.page.getByRole("link", { name: "Alerts" }).count()).toBe(0);
    await analyst.page.locator("#live-state[data-state=live]").waitFor();
    expect(analyst.complaints).toEqual([]);
    expect(auditor.complaints).toEqual([]);
    expect(complaints.filter((text) => !text.includes("400 (Bad Request)"))).toEqual([]);
    await deliverer.stop();
  },
);

test("a browser subscribes under a name, is told, and is told no more", LIMIT, async () => {
  const { page, complaints } = await person("pia", "admin");
  const { keys } = startBrowser();
  // The browser's own push service is out there; this one's is the receiver. The service worker is real.
  await page.addInitScript(`
    const said = ${JSON.stringify({ endpoint: `${receiver.url}/push`, keys })};
    const subscription = {
      endpoint: said.endpoint,
      toJSON: () => said,
      unsubscribe: async () => localStorage.removeItem("subscribed"),
    };
    Notification.requestPermission = async () => "granted";
    PushManager.prototype.subscribe = async () => {
      localStorage.setItem("subscribed", "yes");
      return subscription;
    };
    PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? subscription : null);
  `);
  await page.goto(`${it.base}/alerts/channels`);
  await page.getByLabel("What to call it").fill("pia's phone");
  await page.getByRole("button", { name: "Tell this browser" }).click();
  await page.getByText("This browser is told of alerts.").waitFor();
  await page.getByText("pia's phone").waitFor();
  expect(await page.getByRole("button", { name: "Tell this browser" }).isVisible()).toBe(false);
  expect(await page.content()).not.toContain(`${receiver.url}/push`);
  await page.getByRole("button", { name: "Tell it no more" }).click();
  await page.getByRole("button", { name: "Tell this browser" }).waitFor();
  expect(await page.getByText("pia's phone").count()).toBe(0);
  expect(complaints).toEqual([]);
});
