import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decision, risky } from "../pipeline/store/testing.ts";
import { startTestBrowsers, type TestBrowsers } from "./testing/browsers.ts";

let it: TestBrowsers;

beforeAll(async () => {
  it = await startTestBrowsers();
});
afterAll(async () => await it?.stop());

/** Tells the browser's console of every breach, in frames and documents alike. */
const TELL = `addEventListener("securitypolicyviolation", (event) =>
  console.error("breach", event.effectiveDirective, event.blockedURI, event.sourceFile));`;

/** Every page a person can open, with something in place of parameters. */
async function pages(): Promise<string[]> {
  const id = await it.caseOf("hot-1");
  const routes = it.app.routes.filter(({ method, path }) => method === "GET" && !/\*/.test(path));
  const programs = /^\/(api\/v1|api\/openapi|assets|live|predict|healthz|readyz|metrics)/;
  // Files to keep are no pages: the browser shows none of them.
  const files = /\.(csv|svg)$/;
  const shown = routes.map(({ path }) => path).filter((path) => !programs.test(path) && !files.test(path));
  const paths = new Set(shown);
  return [...paths].map((path) =>
    path.startsWith("/reviews/")
      ? path.replace(/:[^/]+/, String(id))
      : path.replace(/:[^/]+/g, path.startsWith("/transaction") ? "hot-1" : "unknown"),
  );
}

test("no page of the console breaks its own policy, and a script from elsewhere or inside a page is not run", {
  timeout: 120_000,
}, async () => {
  await it.arrive(decision("quiet-1"), risky("hot-1", { cardToken: "tok_hot" }));
  const { context, page, complaints } = await it.open("ann");
  await context.addInitScript(TELL);
  const all = await pages();
  expect(all.length).toBeGreaterThan(7);
  for (const path of all) {
    const answer = await page.goto(it.base + path);
    // What an error page is answered with is told by the browser as an error of its own.
    const told = complaints.splice(0).filter((text) => !/status of 4\d\d/.test(text));
    expect(told, `${path} ${answer?.status()}`).toEqual([]);
  }
  await page.goto(`${it.base}/reviews`);
  await page.evaluate(`{
    const inline = document.createElement("script");
    inline.textContent = "globalThis.planted = 1";
    document.body.append(inline);
    document.body.insertAdjacentHTML("beforeend", '<img src="x" onerror="globalThis.planted = 2"><p style="color:red">');
  }`);
  await expect.poll(() => complaints.filter((text) => text.startsWith("breach")).length).toBeGreaterThan(2);
  expect(await page.evaluate("globalThis.planted")).toBeUndefined();
  await context.close();
});

test("another site can neither frame the console nor read it", { timeout: 60_000 }, async () => {
  const evil = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<h1>Elsewhere</h1><iframe src="${it.base}/reviews"></iframe>`);
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.2", resolve));
  try {
    const { context, page, complaints } = await it.open("eve");
    await page.goto(`http://127.0.0.2:${(evil.address() as AddressInfo).port}`);
    await expect
      .poll(() => complaints.some((text) => /frame-ancestors|X-Frame-Options/i.test(text)))
      .toBe(true);
    const read = await page.evaluate(
      `fetch("${it.base}/api/v1/reviews", { credentials: "include" }).then(() => "read", () => "refused")`,
    );
    expect(read).toBe("refused");
    const image = await page.evaluate(`new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve("shown");
      image.onerror = () => resolve("refused");
      image.src = "${it.base}/assets/favicon.svg";
    })`);
    expect(image).toBe("refused");
    await context.close();
  } finally {
    evil.close();
  }
});
