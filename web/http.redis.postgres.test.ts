import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "./app.tsx";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";

const KEY = "a-test-key-of-enough-length";
const BROWSER = { "sec-fetch-site": "same-origin" };

let it: TestConsole;
let base: string;

beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
  base = await it.listen();
});
afterAll(() => it.stop());

function call(path: string, init: RequestInit = {}, at = base): Promise<Response> {
  return fetch(`${at}${path}`, { redirect: "manual", ...init });
}

const withKey = (headers: Record<string, string> = {}): RequestInit => ({
  headers: { authorization: `Bearer ${KEY}`, ...headers },
});

/** Signs a person in as a browser would. @returns the cookies, name and value */
async function signIn(at = base, headers: Record<string, string> = {}): Promise<string[]> {
  const token = await linkFor(it.db, "ann", "analyst", 10);
  const response = await call(
    `/sign-in/${token}`,
    { method: "POST", headers: { ...BROWSER, ...headers } },
    at,
  );
  expect(response.status).toBe(303);
  return response.headers.getSetCookie().map((cookie) => cookie.split(";")[0] as string);
}

test("nothing but an asset may be kept by a cache", async () => {
  const [cookie = ""] = await signIn();
  const html = { headers: { cookie, accept: "text/html" } };
  const token = await linkFor(it.db, "ann", "analyst", 10);
  const answers: [string, RequestInit][] = [
    ["/", html],
    ["/reviews", html],
    ["/transactions?tier=low", html],
    ["/nowhere", html],
    ["/api/docs", html],
    ["/sign-in", {}],
    [`/sign-in/${token}`, {}],
    ["/sign-in/unknown", {}],
    ["/live/dashboard", { headers: { cookie } }],
    ["/live/dashboard", {}],
    ["/api/v1/transactions?limit=1", withKey()],
    ["/api/v1/reviews?limit=0", withKey()],
    ["/api/v1/reviews", {}],
    ["/api/v1/stats", {}],
    ["/reviews", {}],
    ["/healthz", {}],
    ["/assets/unknown.css", {}],
  ];
  for (const [path, init] of answers) {
    const response = await call(path, init);
    expect(response.headers.get("cache-control"), `${path} ${response.status}`).toBe("no-store");
    await response.body?.cancel();
  }
  const page = await (await call("/", html)).text();
  const asset = /\/assets\/app\.css\?v=[\w-]+/.exec(page)?.[0] as string;
  expect((await call(asset)).headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
});

test("pages, data and assets are made smaller for who asks for it, and known again by their ETag; streams are not", async () => {
  const [cookie = ""] = await signIn();
  const html = { cookie, accept: "text/html", "accept-encoding": "gzip" };
  for (const path of ["/reviews", "/assets/app.css", "/api/openapi.json"]) {
    const first = await call(path, { headers: html });
    expect([first.status, first.headers.get("content-encoding")], path).toEqual([200, "gzip"]);
    expect(first.headers.get("vary")).toContain("Accept-Encoding");
    const tag = first.headers.get("etag") as string;
    expect(tag).toMatch(/^W\/"/);
    await first.arrayBuffer();
    const again = await call(path, { headers: { ...html, "if-none-match": tag } });
    expect([again.status, await again.text()], path).toEqual([304, ""]);
  }
  const plain = await call("/assets/app.css", { headers: { "accept-encoding": "identity" } });
  expect(plain.headers.get("content-encoding")).toBeNull();
  const stream = await call("/live/dashboard", { headers: html });
  expect([stream.headers.get("content-encoding"), stream.headers.get("etag")]).toEqual([null, null]);
  await stream.body?.cancel();
});

test("a session is served beside a proxy's own Authorization header; a wrong key never is", async () => {
  const [cookie = ""] = await signIn();
  const proxies = [
    "Basic cHJveHk6c2VjcmV0",
    "Negotiate YIIJ",
    'Digest username="p", realm="r, s"',
    "",
    "Basic",
    "x",
  ];
  for (const authorization of proxies) {
    expect((await call("/reviews", { headers: { cookie, authorization } })).status, authorization).toBe(200);
    expect((await call("/api/v1/reviews", { headers: { authorization } })).status, authorization).toBe(401);
    expect((await call("/api/v1/stats", { headers: { authorization } })).status, authorization).toBe(200);
  }
  const wrong: Record<string, string>[] = [
    { authorization: "Bearer wrong" },
    { authorization: "bearer" },
    { authorization: `Basic cHJveHk6c2VjcmV0, Bearer wrong` },
    { "x-api-key": "wrong" },
    { "x-api-key": "" },
    { authorization: `Bearer ${KEY}`, "x-api-key": "wrong" },
    { authorization: `Bearer ${KEY} and more` },
  ];
  for (const headers of wrong) {
    const answer = await call("/api/v1/reviews", { headers: { cookie, ...headers } });
    expect(answer.status, JSON.stringify(headers)).toBe(401);
  }
  const right: Record<string, string>[] = [
    { "x-api-key": KEY },
    { authorization: `BEARER  ${KEY}` },
    { authorization: `Basic cHJveHk6c2VjcmV0, Bearer ${KEY}` },
    { authorization: "Basic cHJveHk6c2VjcmV0", "x-api-key": KEY },
  ];
  for (const headers of right) {
    expect((await call("/api/v1/reviews", { headers })).status, JSON.stringify(headers)).toBe(200);
  }
});

test("two instances on one host keep their sessions apart, and signing out of one leaves the other's", async () => {
  const other = await it.listen();
  const [here = ""] = await signIn();
  const [there = ""] = await signIn(other);
  expect(here.split("=")[0]).not.toBe(there.split("=")[0]);
  const cookie = `${here}; ${there}`;
  const out = await call("/sign-out", { method: "POST", headers: { ...BROWSER, cookie } });
  const taken = out.headers.getSetCookie().map((one) => one.split("=")[0]);
  expect(taken).toEqual([here.split("=")[0]]);
  expect((await call("/reviews", { headers: { cookie } })).status).toBe(303);
  expect((await call("/reviews", { headers: { cookie } }, other)).status).toBe(200);
});

test("behind https the session's cookie is the host's own, and is given and taken back as such", async () => {
  const config = { ...it.deps.config, PUBLIC_URL: "https://fraud.example:8443" };
  const app = createApp({ ...it.deps, config });
  const token = await linkFor(it.db, "ann", "analyst", 10);
  const browser = { method: "POST", headers: { ...BROWSER } };
  const [given = ""] = (await app.request(`/sign-in/${token}`, browser)).headers.getSetCookie();
  expect(given).toMatch(/^__Host-paysecure_session_8443=.+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const headers = { ...BROWSER, cookie: given.split(";")[0] as string };
  expect((await app.request("/reviews", { headers })).status).toBe(200);
  const [taken] = (await app.request("/sign-out", { method: "POST", headers })).headers.getSetCookie();
  expect(taken).toBe("__Host-paysecure_session_8443=; Max-Age=0; Path=/; Secure");
  expect((await app.request("/reviews", { headers })).status).toBe(303);
});

test("a session under the first release's cookie name goes on under today's", async () => {
  const [now = ""] = await signIn();
  const [name = "", value = ""] = now.split("=");
  const first = await call("/reviews", { headers: { cookie: `paysecure_session=${value}` } });
  expect(first.status).toBe(200);
  const set = first.headers.getSetCookie();
  expect(set[0]).toContain(`${name}=${value}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`);
  expect(set[1]).toContain("paysecure_session=; Max-Age=0");
  const foreign = await call("/reviews", { headers: { cookie: "paysecure_session=another-instance" } });
  expect([foreign.status, foreign.headers.getSetCookie()]).toEqual([303, []]);
});

test("an address with NUL in it is refused with 400 everywhere, and finds nothing by half a surrogate pair", async () => {
  const [cookie = ""] = await signIn();
  for (const path of [
    "/api/v1/transactions?search=a%00b",
    "/api/v1/reviews?claimed_by=%00",
    "/api/v1/reviews/%00",
    "/transactions?q=%00",
    "/transactions/a%00b",
    "/transactions/a%00b/why",
    "/sign-in/%00",
  ]) {
    expect((await call(path, { headers: { cookie } })).status, path).toBe(400);
    const half = path.replaceAll("%00", "%ED%A0%80");
    expect((await call(half, { headers: { cookie } })).status, half).toBeLessThan(500);
  }
});
