import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../platform/process/config.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { decision, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";

let store: TestStore;
let folder: string;
beforeAll(async () => {
  store = await openTestStore();
  folder = await mkdtemp(join(tmpdir(), "paysecure-policy-"));
});
afterAll(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "pipeline/policy/cli.ts", ...args],
      { cwd: projectRoot, env: { ...process.env, DATABASE_URL: store.url } },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

test("a policy goes from a file to a proposal, tried before; nobody agrees to one's own", {
  timeout: 240_000,
}, async () => {
  const file = join(folder, "policy.json");
  const { out: shown } = await run("show", "tiers-1");
  const policy = JSON.parse(shown);
  const effect = { kind: "raise", to: "block" };
  const rule = {
    id: "far",
    name: "Far",
    when: "cuntry == 'BE'",
    effect,
    priority: 100,
    enabled: true,
    reason: "",
  };
  await writeFile(file, JSON.stringify({ ...policy, rules: [rule] }));
  expect(await run("check", file)).toMatchObject({
    code: 1,
    out: expect.stringContaining("Unknown variable: cuntry"),
  });
  await writeFile(file, JSON.stringify({ ...policy, rules: [{ ...rule, when: "country == 'BE'" }] }));
  expect(await run("check", file)).toMatchObject({ code: 0, out: "1 rules can be read, 0 examples pass\n" });
  await recordDecisions(store.db, [decision("a", { country: "BE" })], SLA);
  const tried = JSON.parse((await run("back-test", file, "--days", "1")).out);
  expect(tried).toMatchObject({
    decisions: 1,
    today: { hurt: { payments: 0 } },
    tried: { hurt: { payments: 1 } },
  });
  expect((await run("propose", file, "--comment", "why")).out).toContain("waits for a second person");
  const { out } = await run("list");
  expect(out).toMatch(/^policy-\d+ +proposed/m);
  const version = /policy-\d+/.exec(out)?.[0] ?? "";
  expect(await run("agree", version)).toMatchObject({
    code: 1,
    err: expect.stringContaining("a second person must agree"),
  });
});
