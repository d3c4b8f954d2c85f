import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { CHROMIUM_ARGS, ensureChromium } from "../platform/embedded/chromium.ts";
import { messageOf } from "../platform/process/errors.ts";

/**
 * `npm run screenshots -- --link <one-time sign-in link> [--out folder]`: every page of a running PaySecure, on a desk and
 * on a phone, light and dark.
 */

const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const THEMES = ["light", "dark"] as const;

/** Long enough for two live updates. */
const SETTLE_MS = 2_500;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { link: { type: "string" }, out: { type: "string" } } });
  if (!values.link) throw new Error("give a sign-in link: --link $(npm run --silent sign-in-link)");
  const base = new URL(values.link).origin;
  const out = values.out ?? join(tmpdir(), "paysecure-screenshots");
  await mkdir(out, { recursive: true });
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: [...CHROMIUM_ARGS] });
  try {
    const first = await browser.newContext();
    const page = await first.newPage();
    for (const theme of THEMES) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize(viewport);
        await shoot(page, `${base}/sign-in`, join(out, `sign-in-${size}-${theme}.png`), 300);
      }
    }
    await page.goto(values.link);
    if ((await page.getByLabel("The same again").count()) > 0) {
      for (const theme of THEMES) {
        for (const [size, viewport] of Object.entries(SIZES)) {
          await page.emulateMedia({ colorScheme: theme });
          await page.setViewportSize(viewport);
          await shoot(page, values.link, join(out, `first-account-${size}-${theme}.png`), 300);
        }
      }
      await takeAccount(page);
    } else await page.getByRole("button", { name: /^Sign in as/ }).click();
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    const storageState = await first.storageState();
    await page.goto(`${base}/reviews`);
    const openCase = await page.locator("tr[data-href]").first().getAttribute("data-href");
    await page.goto(`${base}/transactions`);
    const transaction = await page.locator("tr[data-href]").first().getAttribute("data-href");
    await page.goto(`${base}/reviews?show=decided`);
    const decided = page.locator("tr[data-href]");
    const decidedCase = (await decided.count()) > 0 ? await decided.first().getAttribute("data-href") : null;
    await page.goto(`${base}/models`);
    const runs = page.locator('#model-runs a[href^="/models/runs/"]');
    const run = (await runs.count()) > 0 ? await runs.first().getAttribute("href") : null;
    const pages = {
      dashboard: "/",
      reviews: "/reviews",
      impact: "/impact",
      analytics: "/analytics",
      "analytics-risky": "/analytics?days=28&measure=risky",
      case: openCase,
      "case-linked": openCase && `${openCase.split("?")[0]}/linked?by=card`,
      bulk: "/reviews/bulk",
      "queue-views": "/reviews/views",
      "case-decided": decidedCase,
      transactions: "/transactions",
      transaction,
      api: "/api/docs",
      account: "/account",
      "second-step": "/account/second-factor",
      team: "/team",
      keys: "/keys",
      audit: "/audit",
      policy: "/policy",
      "policy-version": "/policy/tiers-1",
      "policy-lists": "/policy/lists",
      alerts: "/alerts",
      status: "/status",
      runbook: "/status/runbook/prometheus",
      watch: "/watch",
      models: "/models",
      "model-run": run,
      "alert-channels": "/alerts/channels",
      "alert-conditions": "/alerts/conditions",
      "alert-deliveries": "/alerts/deliveries",
      webhooks: "/webhooks",
      queues: "/queues",
      "dead-letters": "/dead-letters",
      export: "/export",
      retention: "/retention",
      privacy: "/privacy",
      "not-found": "/nowhere",
    };
    for (const theme of THEMES) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        const context: BrowserContext = await browser.newContext({
          storageState,
          viewport,
          colorScheme: theme,
          deviceScaleFactor: size === "phone" ? 2 : 1,
          hasTouch: size === "phone",
          isMobile: size === "phone",
        });
        const tab = await context.newPage();
        for (const [name, path] of Object.entries(pages)) {
          if (path) await shoot(tab, `${base}${path}`, join(out, `${name}-${size}-${theme}.png`), SETTLE_MS);
        }
        await context.close();
      }
    }
    process.stdout.write(`${out}\n`);
  } finally {
    await browser.close();
  }
}

/** The first link of an account: a password that nobody learns. */
async function takeAccount(page: Page): Promise<void> {
  const password = randomBytes(18).toString("base64url");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("The same again").fill(password);
  await page.getByRole("button", { name: "Create my account" }).click();
}

async function shoot(page: Page, url: string, path: string, settleMs: number): Promise<void> {
  await page.goto(url);
  await page.waitForTimeout(settleMs);
  // As tall as the page: what sticks to the window's edges is then at the page's edges.
  const before = page.viewportSize();
  const height = await page.evaluate<number>("document.documentElement.scrollHeight");
  if (before) await page.setViewportSize({ width: before.width, height: Math.max(before.height, height) });
  await page.screenshot({ path });
  if (before) await page.setViewportSize(before);
}

main().catch((error: unknown) => {
  process.stderr.write(`no screenshots: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
