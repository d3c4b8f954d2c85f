import { sql } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createSignInToken } from "../pipeline/accounts/sign-in-links.ts";
import { recordDecisions } from "../pipeline/record/record-decisions.ts";
import { decision, risky, SLA } from "../pipeline/store/testing.ts";
import { createApp } from "./app.tsx";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { fakeScorer } from "./testing/scorer.ts";

vi.setConfig({ testTimeout: 120_000 });

const KEY = "a-test-key-of-enough-length";

/** What goes out with every answer, whatever it is. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Words of the inside: addresses, files, stacks, the words of PostgreSQL, Kysely, ioredis, grpc-js, zod, Node. */
const INNER =
  /\bECONN|127\.0\.0\.1|localhost:\d|relation |syntax error|column |kysely|node_modules|node:|\.tsx?\b|\n\s+at |PGlite|SQLSTATE|undefined|\[object|Zod|planted/i;

let it: TestConsole;
let callers: Readonly<Record<string, Record<string, string>>>;
let scorerBreaks = false;

beforeAll(async () => {
  const breaking = async (): Promise<never> => {
    throw new Error("14 UNAVAILABLE: connect ECONNREFUSED 127.0.0.1:50051 (planted)");
  };
  const works = fakeScorer();
  const scorer = Object.fromEntries(
    Object.entries(works).map(([name, call]) => [
      name,
      (...given: never[]) => (scorerBreaks ? breaking() : (call as (...a: never[]) => unknown)(...given)),
    ]),
  ) as typeof works;
  it = await startTestConsole({ ADMIN_API_KEY: KEY, OPEN_RATE_LIMIT: "0" }, scorer);
  await recordDecisions(it.db, [decision("t-1"), risky("t-2")], SLA);
  const token = await createSignInToken(it.db, "ada", "admin", 10);
  const signedIn = await it.app.request(`/sign-in/${token}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] as string;
  callers = {
    nobody: { accept: "text/html" },
    person: { cookie, accept: "text/html", "sec-fetch-site": "same-origin" },
    program: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
  };
});
afterAll(() => it.stop());

/** Every address × method that the app has, with something in place of its parameters. */
function everyRoute(): { readonly method: string; readonly path: string }[] {
  const routes = it.app.routes.filter(({ method }) => method !== "ALL");
  const seen = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  return [...seen].map((route) => {
    const [method = "", path = ""] = route.split(" ");
    return { method, path: path.replace(/:id\{[^}]*\}|:\w+/g, "1") };
  });
}

/** Asks every route as everybody; of a stream its beginning is read. A person who signs out does so last. */
async function everyAnswer(
  look: (response: Response, where: string, body: string, signedIn: boolean) => void,
): Promise<number> {
  let count = 0;
  const routes = everyRoute().filter(({ path }) => path !== "/sign-out");
  for (const { method, path } of [...routes, { method: "GET", path: "/nowhere" }]) {
    for (const [who, headers] of Object.entries(callers)) {
      const body = method === "GET" || method === "HEAD" ? {} : { body: "{}" };
      const response = await it.app.request(path, { method, headers, ...body });
      const text = path.startsWith("/live/") ? await beginningOf(response) : await response.text();
      look(response, `${method} ${path} as ${who}: ${response.status}`, text, who !== "nobody");
      count++;
    }
  }
  return count;
}

async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return first?.value ? Buffer.from(first.value).toString() : "";
}

test("every answer of every route carries the headers, has a type, names no server and is kept by no cache", async () => {
  const count = await everyAnswer((response, where, body) => {
    for (const [name, value] of Object.entries(HEADERS))
      expect(response.headers.get(name), where).toBe(value);
    expect(response.headers.get("cache-control"), where).toBe("no-store");
    expect(response.headers.get("strict-transport-security"), where).toBeNull();
    for (const name of ["server", "x-powered-by", "access-control-allow-origin"]) {
      expect(response.headers.get(name), where).toBeNull();
    }
    if (body !== "") expect(response.headers.get("content-type"), where).toMatch(/^[\w./+-]+/);
    if (/^text\//.test(response.headers.get("content-type") ?? "")) {
      expect(response.headers.get("content-type"), where).toMatch(/charset=utf-8|event-stream/i);
    }
  });
  expect(count).toBeGreaterThan(90);
});

test("over https browsers are told to come by https alone; on localhost they are not", async () => {
  const hsts = async (address: string): Promise<string | null> => {
    const app = createApp({ ...it.deps, config: { ...it.deps.config, PUBLIC_URL: address } });
    return (await app.request("/healthz")).headers.get("strict-transport-security");
  };
  expect(await hsts("https://fraud.example")).toBe("max-age=31536000; includeSubDomains");
  expect(await hsts("https://localhost:8443")).toBeNull();
  expect(await hsts("http://fraud.example")).toBeNull();
});

test("with neighbours that fail in their own words no route passes one of them on", async () => {
  for (const table of ["decisions", "review_cases", "counters_total", "sign_in_tokens"]) {
    await sql`alter table ${sql.table(table)} rename to ${sql.table(`${table}_planted`)}`.execute(it.db);
  }
  scorerBreaks = true;
  let failures = 0;
  await everyAnswer((response, where, body) => {
    if (response.status >= 500 || where.includes("/live/")) {
      failures++;
      expect(INNER.exec(body)?.[0] ?? "nothing", where).toBe("nothing");
    }
    expect(body, where).not.toContain("planted");
  });
  expect(failures).toBeGreaterThan(15);
});
