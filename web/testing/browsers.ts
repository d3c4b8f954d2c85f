import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import type { Role } from "../../domain/rights.ts";
import { publishLive } from "../../pipeline/live.ts";
import { type NewDecision, recordDecisions } from "../../pipeline/record/record-decisions.ts";
import { refreshPriorities } from "../../pipeline/review/worth.ts";
import { SLA } from "../../pipeline/store/testing.ts";
import { CHROMIUM_ARGS, ensureChromium } from "../../platform/embedded/chromium.ts";
import type { Deps } from "../context.ts";
import { startTestConsole, type TestConsole } from "./console.ts";
import { linkFor } from "./people.ts";

/** A person at a browser of their own. */
export interface TestBrowser {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors and warnings of the browser's console. */
  readonly complaints: string[];
}

/** The web and a real Chromium. */
export interface TestBrowsers extends TestConsole {
  readonly base: string;
  /** Opens a browser that nobody is signed in with. */
  visit(): Promise<TestBrowser>;
  /** Opens a browser, signed in by a one-time link as an analyst, at `base`, unless told otherwise. */
  open(name: string, at?: string, role?: Role): Promise<TestBrowser>;
  /** Records as a worker does, and says so. */
  arrive(...decisions: NewDecision[]): Promise<void>;
  /** The number of the case of a transaction. */
  caseOf(transactionId: string): Promise<number>;
}

/** Starts both; only the scorer is a stand-in unless one is given. */
export async function startTestBrowsers(
  scorer?: Deps["scorer"],
  { env = {}, port = 0 }: { readonly env?: Readonly<Record<string, string>>; readonly port?: number } = {},
): Promise<TestBrowsers> {
  const [program, it] = await Promise.all([ensureChromium(), startTestConsole(env, scorer)]);
  const base = await it.listen(port);
  const browser: Browser = await chromium.launch({ executablePath: program, args: [...CHROMIUM_ARGS] });
  const visit = async (): Promise<TestBrowser> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    return { context, page, complaints };
  };
  return {
    ...it,
    base,
    visit,
    open: async (name, at = base, role = "analyst") => {
      const opened = await visit();
      const { page } = opened;
      await page.goto(`${at}/sign-in/${await linkFor(it.db, name, role, 10)}`);
      await page.getByRole("button", { name: `Sign in as ${name}` }).click();
      await page.getByRole("heading", { name: "Dashboard" }).waitFor();
      return opened;
    },
    arrive: async (...decisions) => {
      const { flagged } = await recordDecisions(it.db, decisions, SLA);
      // As the reconciler does from time to time: each case is valued by all that was paid.
      await refreshPriorities(it.db);
      await publishLive(it.deps.redis, it.deps.config.REDIS_PREFIX, {
        type: "decisions",
        at: new Date().toISOString(),
        count: decisions.length,
        flagged,
      });
    },
    caseOf: async (transactionId) => {
      const row = await it.db
        .selectFrom("review_cases")
        .select("case_id")
        .where("transaction_id", "=", transactionId)
        .executeTakeFirstOrThrow();
      return row.case_id;
    },
    stop: async () => {
      await browser.close();
      await it.stop();
    },
  };
}

/** The page's live state when it is live. */
export const live = (page: Page): Locator => page.locator('#live-state[data-state="live"]');
