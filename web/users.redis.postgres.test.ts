import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { linkFor } from "./testing/people.ts";
import { leadsTo, Visitor } from "./testing/visitor.ts";

let it: TestConsole;
beforeAll(async () => {
  it = await startTestConsole();
});
afterAll(() => it?.stop());

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(file: string, ...args: string[]): Promise<Ran> {
  const { DATABASE_URL } = it.deps.config;
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", join(import.meta.dirname, file), ...args],
      { env: { PATH: process.env["PATH"], DATABASE_URL, PUBLIC_URL: "http://console.example" } },
    );
    return { code: 0, out: stdout.trim(), err: stderr.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout.trim(), err: stderr.trim() };
  }
}

const users = (...args: string[]): Promise<Ran> => run("users.ts", ...args);
const pathOf = (link: string): string => new URL(link).pathname;

test("accounts are made, listed, changed, disabled and reset at the command line, by its operator's name", {
  timeout: 60_000,
}, async () => {
  const added = await users("add", "ann", "--role", "lead", "--email", "Ann@Bank.example");
  expect(added).toMatchObject({ code: 0, err: "" });
  const ann = new Visitor(it);
  const chosen = { password: "seven brown foxes", again: "seven brown foxes" };
  expect(leadsTo(await ann.post(pathOf(added.out), chosen))).toBe("/account/second-factor?first=1");
  expect((await users("role", "ann", "analyst")).code).toBe(0);
  expect((await users("list")).out).toBe("ann\tanalyst\tann@bank.example\t1 sessions\tno second step");
  expect((await users("disable", "ann@bank.example")).code).toBe(0);
  expect(leadsTo(await ann.get("/"))).toBe("/sign-in");
  expect((await users("list")).out).toContain("disabled");
  expect((await users("enable", "ann")).code).toBe(0);
  const reset = await users("reset", "ann", "--second-factor");
  const other = { password: "cold moon over hills", again: "cold moon over hills" };
  expect(leadsTo(await ann.post(pathOf(reset.out), other))).toBe("/");
  const acts = await it.db.selectFrom("audit_log").select(["act", "actor"]).orderBy("audit_id").execute();
  expect(acts.filter(({ actor }) => actor.kind === "operator").map(({ act }) => act)).toEqual([
    "account.invited",
    "account.role",
    "account.disabled",
    "account.enabled",
    "account.reset_asked",
  ]);
});

test("what cannot be done is said, with the status of a failure", { timeout: 60_000 }, async () => {
  await linkFor(it.db, "root", "admin");
  for (const [args, code, said] of [
    [[], 2, "npm run users -- list"],
    [["add", "ben"], 2, "the role must be one of"],
    [["add", "ben", "--role", "boss"], 2, "the role must be one of"],
    [["add", "ROOT", "--role", "viewer"], 1, "another account has this name"],
    [["add", "ben", "--role", "viewer", "--email", "nowhere"], 1, "email: is not an e-mail address"],
    [["role", "nobody", "lead"], 1, "nobody is called nobody"],
    [["role", "root", "viewer"], 1, "the last admin who can sign in"],
    [["disable", "root"], 1, "the last admin who can sign in"],
    [["burn", "root"], 2, "npm run users -- list"],
    [["list", "--all"], 2, "npm run users -- list"],
  ] as const) {
    const ran = await users(...args);
    expect({ args, code: ran.code }).toEqual({ args, code });
    expect(ran.err).toContain(said);
    expect(ran.err).not.toMatch(/\n\s+at /);
  }
});

test("the operator's link is the first admin's; at a start, only until they have a password", {
  timeout: 60_000,
}, async () => {
  await it.db.deleteFrom("users").execute();
  const first = await run("sign-in-link.ts", "--first");
  expect(first.out).toMatch(/^http:\/\/console\.example\/sign-in\/[\w-]{43}$/);
  const who = new Visitor(it);
  const mine = { name: "eva", email: "", password: "seven brown foxes", again: "seven brown foxes" };
  expect(leadsTo(await who.post(pathOf(first.out), mine))).toBe("/account/second-factor?first=1");
  expect((await run("sign-in-link.ts", "--first")).out).toBe("http://console.example/sign-in");
  const again = await run("sign-in-link.ts");
  expect(await new Visitor(it).read(pathOf(again.out))).toContain("signs you in as <strong>eva</strong>");
  expect((await users("list")).out.split("\n")).toHaveLength(1);
  expect(await run("sign-in-link.ts", "nobody")).toMatchObject({ code: 1, out: "" });
});
