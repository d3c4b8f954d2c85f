import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keepKnownModels } from "../pipeline/models/known.ts";
import { beginRequest, endRequest, lastRequests } from "../pipeline/models/requests.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";
import { keepRefusedRun, keepTestModels, testModels } from "./testing/models.ts";

const LIMIT = { timeout: 60_000 };

let it: TestBrowsers;
beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(async () => await it?.stop());
beforeEach(async () => {
  for (const table of ["model_requests", "training_runs", "model_comparisons", "known_models"] as const)
    await it.db.deleteFrom(table).execute();
});

const rowOf = (page: Page, model: string) =>
  page.locator(".model-versions tbody tr", { has: page.locator("strong", { hasText: model }) });

/** Asks for one thing of a version, as somebody does who has unfolded it. */
async function ask(page: Page, model: string, what: string, reason: string, button: RegExp): Promise<void> {
  const row = rowOf(page, model);
  await row.getByText(what, { exact: true }).click();
  await row.locator("details[open]").getByLabel("Reason").fill(reason);
  await row.getByRole("button", { name: button }).click();
}

const audited = async () =>
  await it.db
    .selectFrom("audit_log")
    .select(["act", "actor", "detail"])
    .where("act", "like", "models.%.asked")
    .orderBy("audit_id", "desc")
    .executeTakeFirst();

test("before a worker has looked the page says so, and nothing else is made up", LIMIT, async () => {
  const { context, page, complaints } = await it.open("dora", it.base, "data_scientist");
  await page.goto(it.base);
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByText("No worker has looked yet which models there are").waitFor();
  await page.getByText("Nothing was asked yet.").waitFor();
  await page.getByText("Nothing was trained here yet.").waitFor();
  await page.getByText("Nothing was compared yet").waitFor();
  expect(await page.locator(".model-versions").count()).toBe(0);
  expect(complaints).toEqual([]);
  await context.close();
});

test("who decides, versions, trainings and comparisons are told in words and figures", LIMIT, async () => {
  const { runId } = await keepTestModels(it.db);
  const refused = await keepRefusedRun(it.db);
  const { context, page, complaints } = await it.open("otto", it.base, "auditor");
  await page.goto(`${it.base}/models`);
  const roles = page.locator("#model-roles");
  await roles.getByRole("heading", { name: "champion@5 decides" }).waitFor();
  const said = await roles.textContent();
  for (const each of [
    "0.8012",
    "0.7802 to 0.8202, walk-forward",
    "own@2",
    "10.0 % of the cards",
    "own@1",
    "champion@4",
  ])
    expect(said).toContain(each);
  expect(await rowOf(page, "own@2").textContent()).toMatch(/gradient boosting.*26 Nov 2026.*0\.8301/s);
  const comparison = await page.locator(".model-comparison").textContent();
  for (const each of [
    "12,480 labelled payments, 164 of them fraud",
    "own@2: it catches more",
    "34.2; 20 is as sure as 5 %, and may be looked at any time",
    "21 by own@2, 6 by champion@5",
    "McNemar p 0.006",
    "+0.0042 (−0.0011 to +0.0095, 95 %; not told from none)",
    "+0.0317 (+0.0108 to +0.0521, 95 %)",
    "€48,904.25US$9,315.90",
    "10,045",
    "neither: as many of their reviews find fraud",
  ])
    expect(comparison).toContain(each);
  // An auditor sees, and is offered nothing.
  expect(await page.locator(".model-acts").count()).toBe(0);
  await page.getByRole("row", { name: new RegExp(`Training ${refused.runId} refused`) }).waitFor();

  await rowOf(page, "own@2")
    .getByRole("link", { name: `training ${runId}` })
    .click();
  await page.getByRole("heading", { name: `Training ${runId}` }).waitFor();
  const evidence = await page.locator("main").textContent();
  for (const each of [
    "own@2 passed the gate beside champion@5",
    "is challenger for 10.0 % of the cards now",
    "all 4 questions passed",
    "catches as much at the same review load",
    "0.8301",
    "0.7954",
    "Of the control group: looked at by chance",
    "What its model read was not kept",
    "9f2c1a7be04d5586c3e1f7702ab94d1e6c05fa83b2d97e41880c36d5ea1f4b07",
    "7b5780e",
    "Holds for all payments",
  ])
    expect(evidence).toContain(each);
  await page.goto(`${it.base}/models/runs/${refused.runId}`);
  const rows = page.locator('section[aria-labelledby="gate-title"] tbody tr');
  expect(await rows.first().textContent()).toMatch(/figures.*not passed/s);
  expect((await page.goto(`${it.base}/models/runs/999999`))?.status()).toBe(404);
  expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
  await context.close();
});

test("a promotion is asked for with a reason, and followed until it has ended", LIMIT, async () => {
  await keepTestModels(it.db);
  const { context, page, complaints } = await it.open("dora", it.base, "data_scientist");
  await page.goto(`${it.base}/models`);
  await ask(page, "own@2", "Promote", "It catches more at the same load", /^Promote own@2$/);
  await page.getByText("a worker takes it within seconds").waitFor();
  const [asked] = await lastRequests(it.db, 1);
  expect(asked).toMatchObject({
    act: "promote",
    model: "own@2",
    state: "waiting",
    askedBy: { name: "dora" },
  });
  expect(await audited()).toMatchObject({
    act: "models.promote.asked",
    actor: { name: "dora" },
    detail: { model: "own@2", reason: "It catches more at the same load" },
  });

  // Somebody types on while the worker works: what they typed stays.
  await rowOf(page, "own@1").getByText("Promote", { exact: true }).click();
  await rowOf(page, "own@1").locator("details[open]").getByLabel("Reason").fill("half a thought");
  await beginRequest(it.db, asked!.requestId);
  await page.locator("#model-requests .tag", { hasText: "running" }).waitFor();
  await endRequest(it.db, asked!.requestId, "done", "champion was champion@5 and is own@2");
  await keepKnownModels(it.db, {
    ...testModels(),
    champion: "own@2",
    challenger: null,
    before: "champion@5",
  });
  await page.getByText("Champion was champion@5 and is own@2.").waitFor();
  await page.getByRole("heading", { name: "own@2 decides" }).waitFor();
  expect(await rowOf(page, "own@1").locator("details[open]").getByLabel("Reason").inputValue()).toBe(
    "half a thought",
  );
  expect(await page.locator("#model-requests").getAttribute("hx-trigger")).toBeNull();
  await page.getByRole("link", { name: "Show all versions as they are now" }).click();
  await rowOf(page, "own@2").getByText("decides now").waitFor();

  await page.getByText("Roll back to champion@5", { exact: true }).click();
  await page.locator("details[open]").getByLabel("Reason").fill("Too many reviews");
  await page.getByRole("button", { name: "Roll back" }).click();
  await page.locator("#model-requests").getByText("Roll back to champion@5").waitFor();
  expect((await lastRequests(it.db, 1))[0]).toMatchObject({ act: "roll_back", reason: "Too many reviews" });
  expect(complaints).toEqual([]);
  await context.close();
});

test("challenger, shadows, training and comparison are asked for whole", LIMIT, async () => {
  const { runId } = await keepTestModels(it.db);
  const { context, page } = await it.open("dora", it.base, "data_scientist");
  const newest = async () => (await lastRequests(it.db, 1))[0];
  const asked = async (count: number) => {
    await expect.poll(async () => (await lastRequests(it.db, 20)).length).toBe(count);
    // The worker's part, so that the next of its kind may be asked.
    const request = await newest();
    await endRequest(it.db, request!.requestId, "done", "so it is");
    return request;
  };
  await page.goto(`${it.base}/models`);
  const row = rowOf(page, "champion@4");
  await row.getByText("Make challenger", { exact: true }).click();
  await row.getByLabel("Share of the cards, percent").fill("2.5");
  await row.locator("details[open]").getByLabel("Reason").fill("To see it beside the other");
  await row.getByRole("button", { name: "Make champion@4 challenger" }).click();
  expect(await asked(1)).toMatchObject({ act: "set_challenger", model: "champion@4", share: 0.025 });

  await ask(page, "champion@4", "Shadow", "Costs nothing", /^Have champion@4 shadow$/);
  expect(await asked(2)).toMatchObject({ act: "set_shadows", model: "own@1 champion@4" });
  await ask(page, "own@1", "Stop shadowing", "Enough seen", /^Stop own@1$/);
  expect(await asked(3)).toMatchObject({ act: "set_shadows", model: "" });
  await ask(page, "own@2", "Stop challenging", "Enough seen", /^Stop own@2$/);
  expect(await asked(4)).toMatchObject({ act: "set_challenger", model: "", share: null });

  for (const [count, name, button, act] of [
    [5, "Train now", "Train a version", "retrain"],
    [6, "Compare now", "Compare them", "compare"],
  ] as const) {
    await page.getByText(name, { exact: true }).click();
    await page.locator("details[open]").getByLabel("Reason").fill("Monday");
    await page.getByRole("button", { name: button }).click();
    expect(await asked(count)).toMatchObject({ act, model: "", reason: "Monday" });
  }

  await page.goto(`${it.base}/models/runs/${runId}`);
  await page.getByText("Change share", { exact: true }).click();
  expect(await page.getByLabel("Share of the cards, percent").inputValue()).toBe("10");
  await page.getByLabel("Share of the cards, percent").fill("20");
  await page.locator("details[open]").getByLabel("Reason").fill("It does well");
  await page.getByRole("button", { name: "Change its share" }).click();
  expect(await asked(7)).toMatchObject({ act: "set_challenger", model: "own@2", share: 0.2 });
  expect(new URL(page.url()).pathname).toBe("/models");
  await context.close();
});

test(
  "without a reason, with too large a share or twice at once nothing is asked for, and it says why",
  LIMIT,
  async () => {
    const { runId } = await keepTestModels(it.db);
    const { context, page } = await it.open("dora", it.base, "data_scientist");
    const none = async () => expect(await lastRequests(it.db, 5)).toEqual([]);
    await page.goto(`${it.base}/models`);
    // The browser asks for it; what a program or blanks bring is refused by the server.
    await rowOf(page, "own@1").getByText("Promote", { exact: true }).click();
    await page.getByRole("button", { name: "Promote own@1" }).click();
    expect(await page.locator("textarea:invalid").count()).toBeGreaterThan(0);
    await none();
    await rowOf(page, "own@1").locator("details[open]").getByLabel("Reason").fill("   ");
    await page.getByRole("button", { name: "Promote own@1" }).click();
    await page.getByText("Nothing was asked for. Reason: say why").waitFor();
    expect(await rowOf(page, "own@1").locator("details[open] .field-wrong").textContent()).toContain(
      "Say why",
    );
    await none();

    await page.goto(`${it.base}/models/runs/${runId}`);
    await page.getByText("Change share", { exact: true }).click();
    await page.evaluate('document.querySelectorAll("form").forEach((form) => { form.noValidate = true; })');
    await page.getByLabel("Share of the cards, percent").fill("51");
    await page.locator("details[open]").getByLabel("Reason").fill("All of it");
    await page.getByRole("button", { name: "Change its share" }).click();
    await page.getByText("It must be from 1 to 50 percent of the cards.").waitFor();
    expect(await page.getByLabel("Share of the cards, percent").inputValue()).toBe("51");
    expect(await page.locator("details[open]").getByLabel("Reason").inputValue()).toBe("All of it");
    await none();

    for (const times of [1, 2]) {
      await page.goto(`${it.base}/models`);
      await ask(page, "own@1", "Promote", `Try ${times}`, /^Promote own@1$/);
      await page.locator("#model-requests").getByText("Try 1").waitFor();
    }
    await page.getByText("A promotion is under way already").waitFor();
    expect(await lastRequests(it.db, 5)).toHaveLength(1);
    await context.close();
  },
);

test(
  "a lead sees and cannot act; a viewer is not let in; an old proof leads to the confirmation",
  LIMIT,
  async () => {
    const { runId } = await keepTestModels(it.db);
    const lead = await it.open("lea", it.base, "lead");
    await lead.page.goto(`${it.base}/models/runs/${runId}`);
    expect(await lead.page.locator(".model-acts").count()).toBe(0);
    const status = await lead.page.evaluate(`fetch("/models", { method: "POST",
    body: new URLSearchParams({ act: "promote", model: "own@2", reason: "I may not" }) }).then((answer) => answer.status)`);
    expect(status).toBe(403);
    await lead.context.close();

    const viewer = await it.open("vic", it.base, "viewer");
    expect(await viewer.page.getByRole("link", { name: "Models" }).count()).toBe(0);
    expect((await viewer.page.goto(`${it.base}/models`))?.status()).toBe(403);
    await viewer.context.close();

    const { context, page } = await it.open("dora", it.base, "data_scientist");
    await it.db
      .updateTable("sessions")
      .set({ proved_at: new Date(Date.now() - 3_600_000) })
      .execute();
    await page.goto(`${it.base}/models`);
    await ask(page, "own@2", "Promote", "Long after", /^Promote own@2$/);
    await page.getByRole("heading", { name: /Is it still you/ }).waitFor();
    expect(await lastRequests(it.db, 5)).toEqual([]);
    await context.close();
  },
);

test("nothing overflows on a desk and on a phone", LIMIT, async () => {
  const { runId } = await keepTestModels(it.db);
  await keepRefusedRun(it.db);
  const { context, page } = await it.open("dora", it.base, "data_scientist");
  for (const width of [1440, 1000, 390, 320]) {
    await page.setViewportSize({ width, height: 900 });
    for (const path of ["/models", `/models/runs/${runId}`]) {
      await page.goto(it.base + path);
      for (const summary of await page.locator(".model-acts summary").all()) await summary.click();
      expect(
        await page.evaluate("document.documentElement.scrollWidth"),
        `${path} ${width}`,
      ).toBeLessThanOrEqual(width);
      const cut = await page.evaluate(`[...document.querySelectorAll(".table-wrap")]
        .filter((wrap) => wrap.scrollWidth > wrap.clientWidth + 1).map((wrap) => wrap.innerText.slice(0, 80))`);
      expect(cut, `${path} ${width}`).toEqual([]);
    }
  }
  await context.close();
});
