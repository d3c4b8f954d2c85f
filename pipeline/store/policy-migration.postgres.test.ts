import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import { startTestPostgres, type TestPostgres } from "../../platform/embedded/testing/postgres.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { readActivePolicy } from "../policy/versions.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { getDecision } from "./decision-list.ts";
import { migrate, migrateTo } from "./migrate.ts";
import { preparePartitions } from "./partitions.ts";
import type { Database } from "./schema.ts";
import { decision, risky, SLA } from "./testing.ts";

let postgres: TestPostgres;
let db: ReturnType<typeof openDatabase<Database>>;
beforeAll(async () => {
  postgres = await startTestPostgres("embedded");
  db = openDatabase<Database>(postgres.url, createLogger("test", "silent"));
});
afterAll(async () => {
  await db?.destroy();
  await postgres?.stop();
});

test("what was decided before there were policies keeps its version; what is decided now keeps its rules, and its time", async () => {
  await migrateTo(db, "0012-tidy");
  await preparePartitions(db);
  await sql`
    insert into decisions (transaction_id, source, event_time, time_seconds, v, amount_minor, currency,
      fraud_probability, risk_tier, action, review, fraud_predicted, model_name, model_version, policy_version)
    values ('before', 'api', now(), 0, array_fill(0.5::real, array[28]), 100, 'EUR', 0.9, 'critical', 'block', true, true,
      'm', '1', 'tiers-1')`.execute(db);
  await sql`
    insert into transaction_keys (transaction_id, decided_at, seq)
    select transaction_id, decided_at, seq from decisions`.execute(db);
  expect(await migrate(db)).toContain("0013-policy");
  expect(await getDecision(db, "before")).toMatchObject({ policyVersion: "tiers-1", rules: [] });
  expect((await readActivePolicy(db)).document).toEqual(TIER_POLICY);

  const hit = {
    rule: "deny",
    name: "Deny",
    kind: "raise",
    from: "approve",
    to: "block",
    review: true,
  } as const;
  const ruled = {
    policyVersion: "policy-2",
    rules: [hit],
    review: true,
    slaMinutes: 15,
    action: "block",
  } as const;
  const { cases } = await recordDecisions(db, [decision("ruled", ruled), risky("plain")], SLA);
  const minutes = cases.map(({ dueAt }) => Math.round((dueAt.getTime() - Date.now()) / 60_000));
  expect(minutes.sort((a, b) => a - b)).toEqual([15, 60]);
  expect(await getDecision(db, "ruled")).toMatchObject({ policyVersion: "policy-2", rules: [hit] });
  const { rows } =
    await sql`select rules is null as none from decisions where transaction_id = 'plain'`.execute(db);
  expect(rows).toEqual([{ none: true }]);
});
