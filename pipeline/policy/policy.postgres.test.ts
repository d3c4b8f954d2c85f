import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import { TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import type { PolicyRule } from "../../domain/policy/rules.ts";
import { readPublication as parsePublication } from "../../features/policy/publication.ts";
import { listProposals } from "../accounts/approvals.ts";
import { verifyAudit } from "../audit/verify.ts";
import { recordDecisions } from "../record/record-decisions.ts";
import { keepModelInputs } from "../store/model-inputs.ts";
import type { Database } from "../store/schema.ts";
import { ANN, decision, emptyLedger, risky, SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { backTest, paymentsBehind, type Side } from "./back-test.ts";
import type { Figure } from "./back-test-figures.ts";
import { askBackTest, readBackTest, runNextBackTest } from "./back-tests.ts";
import { addEntries, dropList, listLists, makeList, readList, removeEntry } from "./lists.ts";
import { loadLists, readPublication } from "./publish.ts";
import {
  addDraft,
  changeDraft,
  listPolicies,
  type PolicyDraft,
  proposePolicy,
  readActivePolicy,
  readPolicy,
  retireDraft,
  settlePolicy,
} from "./versions.ts";

const BOB: Actor = { kind: "user", id: "2", name: "bob" };
let store: TestStore;
let db: Kysely<Database>;
beforeAll(async () => {
  store = await openTestStore();
  db = store.db;
});
afterAll(() => store?.close());
beforeEach(async () => {
  await emptyLedger(db);
  await sql`truncate policy_lists, policy_list_entries, policy_back_tests, pending_approvals`.execute(db);
  await sql`delete from policies where version <> 'tiers-1'`.execute(db);
  await sql`update policies set state = 'active'`.execute(db);
});

function rule(id: string, when: string, more: Partial<PolicyRule> = {}): PolicyRule {
  const effect = { kind: "raise", to: "block" } as const;
  return { id, name: id, when, effect, priority: 100, enabled: true, reason: "", ...more };
}

function draft(rules: readonly PolicyRule[], more: Partial<PolicyDraft> = {}): PolicyDraft {
  const document = { tiers: TIER_POLICY.tiers, rules };
  return { basedOn: "tiers-1", document, examples: [], comment: "because", ...more };
}

const proposals = () => listProposals(db, "policy.activate");

test("a version is written, proposed, and decides once a second person has agreed", async () => {
  const before = (await readPublication(db)).version;
  const { version } = await addDraft(db, ANN, draft([rule("far", 'country == "BE"')]));
  await changeDraft(db, ANN, version, draft([rule("far", 'country == "NL"')]));
  await proposePolicy(db, ANN, version);
  await expect(changeDraft(db, ANN, version, draft([]))).rejects.toThrow(`${version} is proposed`);
  await expect(proposePolicy(db, BOB, version)).rejects.toThrow("waits for a second person already");
  const [proposal] = await proposals();
  await expect(settlePolicy(db, ANN, proposal!.id, true)).rejects.toThrow("a second person must agree");
  expect((await readActivePolicy(db)).version).toBe("tiers-1");
  expect(await settlePolicy(db, BOB, proposal!.id, true)).toBe(version);
  expect(await readActivePolicy(db)).toMatchObject({ version, activatedBy: BOB, proposedBy: ANN });
  expect((await readPolicy(db, "tiers-1")).state).toBe("retired");
  const published = await readPublication(db);
  expect(published.version).toBeGreaterThan(before);
  expect((await parsePublication(published.text)).policy.rules[0]?.when).toBe('country == "NL"');

  // Back to the earlier one, the same way.
  await proposePolicy(db, BOB, "tiers-1");
  await settlePolicy(db, ANN, (await proposals())[0]!.id, true);
  expect((await listPolicies(db)).map(({ state }) => state)).toEqual(["retired", "active"]);
  const acts = await db
    .selectFrom("audit_log")
    .select("act")
    .where("subject", "=", `policy:${version}`)
    .execute();
  expect(acts.map(({ act }) => act)).toEqual([
    ...["policy.drafted", "policy.changed", "approval.proposed", "approval.given", "policy.activated"],
  ]);
  expect(await verifyAudit(db)).toMatchObject({ sound: expect.any(Number) });
});

test("what is refused goes back to where it was; a door for accounts has no word on a policy", async () => {
  const { version } = await addDraft(db, ANN, draft([]));
  await proposePolicy(db, ANN, version);
  const [proposal] = await proposals();
  const { decideProposal } = await import("../accounts/team.ts");
  await expect(decideProposal(db, proposal!.id, true, { actor: BOB, address: "" })).rejects.toThrow(
    "does not wait",
  );
  await settlePolicy(db, BOB, proposal!.id, false);
  expect((await readPolicy(db, version)).state).toBe("draft");
  await retireDraft(db, ANN, version);
  await expect(retireDraft(db, ANN, version)).rejects.toThrow("is retired");
});

test("conditions that cannot be read and examples that fail are not proposed", async () => {
  const broken = await addDraft(db, ANN, draft([rule("a", "amnt > 1")]));
  await expect(proposePolicy(db, ANN, broken.version)).rejects.toThrow("rule a: Unknown variable: amnt");
  const example = {
    name: "Belgium passes",
    payment: { country: "BE" },
    action: "approve",
    review: false,
  } as const;
  const failing = await addDraft(db, ANN, draft([rule("a", 'country == "BE"')], { examples: [example] }));
  await expect(proposePolicy(db, ANN, failing.version)).rejects.toThrow('"Belgium passes" does not come out');
  await makeList(db, ANN, { name: "cards", kind: "deny", about: "stolen" });
  await addEntries(db, ANN, "cards", [{ value: "tok_1", expiresAt: null, reason: "reported" }]);
  const listed = {
    name: "on the list",
    payment: { card_token: "tok_1" },
    action: "block",
    review: false,
  } as const;
  const passing = await addDraft(
    db,
    ANN,
    draft([rule("a", 'in_list("cards", card_token)')], { examples: [listed] }),
  );
  await proposePolicy(db, ANN, passing.version);
  await expect(dropList(db, ANN, "cards")).rejects.toThrow(`${passing.version} asks the list cards`);
  await expect(addDraft(db, ANN, draft([rule("A", "true")]))).rejects.toThrow("rules[0].id");
  await expect(addDraft(db, ANN, draft([], { comment: " " }))).rejects.toThrow("comment: say in a sentence");
});

test("values are put on lists with an end and a reason, taken off, and told to scorers", async () => {
  await makeList(db, ANN, { name: "cards", kind: "deny", about: "stolen" });
  const entry = (value: string, expiresAt: Date | null = null) => ({ value, expiresAt, reason: "reported" });
  const first = await readPublication(db);
  const later = new Date(Date.now() + 60_000);
  expect(
    await addEntries(db, ANN, "cards", [entry("a"), entry(" b ", later), entry("gone", new Date(1))]),
  ).toEqual({
    ...{ added: 3, changed: 0 },
  });
  expect(await addEntries(db, BOB, "cards", [entry("a"), entry("a")])).toEqual({ added: 0, changed: 1 });
  const next = await readPublication(db);
  expect([next.version > first.version, next.digest === first.digest]).toEqual([true, false]);
  const { lists } = await parsePublication(next.text);
  expect(["a", "b", "gone", "c"].map((value) => lists.has("cards", value))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(await listLists(db)).toMatchObject([{ name: "cards", entries: 2 }]);
  await removeEntry(db, ANN, "cards", "a");
  expect((await readList(db, "cards", { search: "b" })).entries.map(({ value }) => value)).toEqual(["b"]);
  expect((await loadLists(db)).has("cards", "a")).toBe(false);
  const pan = addEntries(db, ANN, "cards", [entry("ok"), entry("4111111111111111")]);
  await expect(pan).rejects.toThrow("[2].value: looks like a card number");
  await expect(makeList(db, ANN, { name: "cards", kind: "deny", about: "again" })).rejects.toThrow("already");
  await dropList(db, ANN, "cards");
  expect(await listLists(db)).toEqual([]);
});

test("a back-test tells what another policy would have made of what was decided, and by which payments", async () => {
  const span = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 3_600_000) };
  const rows = [
    ...["a", "b", "c"].map((id) => decision(id, { country: "BE", truth: null })),
    decision("missed", { country: "BE", truth: true, amount: 200 }),
    risky("caught"),
    risky("yen", { currency: "JPY", amount: 5_000, truth: false }),
  ];
  await recordDecisions(db, rows, SLA);
  await sql`
    insert into labels (transaction_id, label, source, labelled_by, labelled_at)
    values ('a', 'legitimate', 'analyst', '{}', now()), ('missed', 'fraud', 'chargeback', '{}', now())`.execute(
    db,
  );
  const { version } = await addDraft(
    db,
    ANN,
    draft([
      rule("far", 'country == "BE" && probability < 0.1'),
      rule("trust", 'currency == "JPY"', { effect: { kind: "lower", to: "approve" } }),
      rule("odd", "double(channel) > 1.0"),
      rule("v4", "features.V5 == 1 && features.Amount > 150", {
        effect: { kind: "shadow", would: { kind: "review" } },
      }),
    ]),
  );
  const id = await askBackTest(db, ANN, version, span);
  expect(await runNextBackTest(db, new AbortController().signal)).toBe(true);
  const { state, result, lookedAt, error } = await readBackTest(db, id);
  expect({ state, lookedAt, error }).toEqual({ state: "done", lookedAt: 6, error: null });
  expect(result).toMatchObject({
    ...{ decisions: 6, labelled: 2, simulated: 2, frauds: 2 },
    today: {
      version: "tiers-1",
      reviews: 2,
      caught: { payments: 1, money: { EUR: "10000" } },
      missed: { payments: 1, money: { EUR: "20000" } },
      hurt: { payments: 1, money: { JPY: "5000" } },
      hurtLegitimate: { payments: 1 },
    },
    tried: {
      reviews: 1,
      caught: { payments: 2, money: { EUR: "30000" } },
      missed: { payments: 0 },
      hurt: { payments: 3, money: { EUR: "3750" } },
      hurtLegitimate: { payments: 1 },
      rules: {
        far: { fired: 4, failed: 0 },
        trust: { fired: 1, failed: 0 },
        odd: { fired: 0, failed: 6 },
        v4: { fired: 2, failed: 0 },
      },
    },
    differences: {
      newly_caught: { payments: 1 },
      newly_hurt: { payments: 3 },
      no_longer_hurt: { payments: 1 },
    },
  });
  const options = {
    ...{ ...span, today: TIER_POLICY, lists: await loadLists(db) },
    tried: (await readPolicy(db, version)).document,
  };
  const [caught] = await paymentsBehind(db, options, { difference: "newly_caught" });
  expect(caught).toMatchObject({
    ...{ transactionId: "missed", amount: 200, label: "fraud" },
    today: { action: "approve" },
    tried: { action: "block", rules: [{ rule: "far" }, { rule: "odd", kind: "failed" }, { rule: "v4" }] },
  });
  const hurt = await paymentsBehind(db, options, { difference: "newly_hurt" }, { limit: 2 });
  const rest = await paymentsBehind(db, options, { difference: "newly_hurt" }, { after: hurt.at(-1)!.seq });
  // Of the yen's payment only the simulation knows that it was legitimate.
  expect(await paymentsBehind(db, options, { difference: "no_longer_hurt" })).toEqual([]);
  expect([...hurt, ...rest].map(({ transactionId }) => transactionId).sort()).toEqual(["a", "b", "c"]);
});

test("rules over features see what the model read; where that was not kept they are not known, and never silently 0", async () => {
  const span = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 3_600_000) };
  await keepModelInputs(db, { name: "own", version: "1" }, { columns: ["count_1d", "share"], schema: null });
  const own = { ...{ modelName: "own", modelVersion: "1", v: null, timeSeconds: null, truth: null } };
  await recordDecisions(
    db,
    [
      decision("many", { ...own, features: [9, Math.fround(0.7)] }),
      decision("few", { ...own, features: [1, Math.fround(0.1)] }),
      // Of before features were kept, and of a version whose names the store was never told.
      decision("old", own),
      decision("nameless", { ...own, modelVersion: "2", features: [9, 0.9] }),
    ],
    SLA,
  );
  const { version } = await addDraft(
    db,
    ANN,
    draft([
      rule("velocity", "features.count_1d > 5.0"),
      rule("asks", "has(features.count_1d) && features.count_1d < 2.0"),
      // The scorer compared the 32-bit number.
      rule("edge", "features.share < 0.7 && features.count_1d > 5.0"),
      rule("spared", "amount > 1000 && features.count_1d > 5.0"),
      rule("gone", "features.count_7d > 1.0"),
    ]),
  );
  const options = {
    ...{ ...span, today: TIER_POLICY, lists: await loadLists(db) },
    tried: (await readPolicy(db, version)).document,
  };
  const { notKnown, tried } = await backTest(db, options);
  expect(notKnown).toBe(2);
  expect(tried.rules).toEqual({
    velocity: { fired: 1, failed: 0, notKnown: 2 },
    asks: { fired: 1, failed: 0, notKnown: 2 },
    edge: { fired: 1, failed: 0, notKnown: 2 },
    // Its other part says no: there is nothing to know.
    gone: { fired: 0, failed: 2, notKnown: 2 },
  });
});

test("money of several currencies is converted by the rates of the payments' days; each figure has its payments", async () => {
  const span = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 3_600_000) };
  await sql`truncate exchange_rates`.execute(db);
  await sql`insert into exchange_rates (base, currency, valid_from, rate, set_by) values
    ('EUR', 'USD', '2026-11-01', 0.5, ${JSON.stringify(ANN)}), ('EUR', 'USD', '2026-11-20', 0.9, ${JSON.stringify(ANN)})`.execute(
    db,
  );
  try {
    await recordDecisions(
      db,
      [
        risky("early", { currency: "USD", amount: 10, eventTime: "2026-11-10T10:00:00.000Z", truth: null }),
        risky("late", { currency: "USD", amount: 10, eventTime: "2026-11-22T10:00:00.000Z", truth: null }),
        risky("own", { amount: 1, truth: null }),
        risky("franc", { currency: "CHF", amount: 7, truth: null }),
        decision("fine", { truth: null }),
      ],
      SLA,
    );
    const lists = await loadLists(db);
    const options = { ...span, today: TIER_POLICY, tried: { ...TIER_POLICY, version: "other" }, lists };
    const { today, tried } = await backTest(db, options);
    const hurt = {
      payments: 4,
      money: { CHF: "700", EUR: "100", USD: "2000" },
      converted: { base: "EUR", amount: 15, ratesOf: "2026-11-01", without: ["CHF"] },
    };
    expect([today.hurt, tried.hurt]).toEqual([hurt, hurt]);
    const behind = async (figure: Figure, by: Side) =>
      (await paymentsBehind(db, options, { figure, by })).map(({ transactionId }) => transactionId).sort();
    expect(await behind("hurt", "today")).toEqual(["early", "franc", "late", "own"]);
    expect(await behind("reviews", "tried")).toEqual(["early", "franc", "late", "own"]);
    expect(await behind("blocked", "tried")).toHaveLength(4);
    expect(await behind("caught", "today")).toEqual([]);
  } finally {
    await sql`truncate exchange_rates`.execute(db);
  }
});

test("one that cannot be read ends with why; one whose worker stops is begun anew", async () => {
  const span = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 3_600_000) };
  await recordDecisions(db, [decision("a")], SLA);
  const { version } = await addDraft(db, ANN, draft([rule("a", "amnt > 1")]));
  const broken = await askBackTest(db, ANN, version, span);
  await runNextBackTest(db, new AbortController().signal);
  expect(await readBackTest(db, broken)).toMatchObject({
    state: "failed",
    error: expect.stringContaining("amnt"),
  });
  const good = await askBackTest(db, ANN, "tiers-1", span);
  await runNextBackTest(db, AbortSignal.abort());
  expect((await readBackTest(db, good)).state).toBe("waiting");
  await sql`update policy_back_tests set state = 'running', beat_at = now() - interval '1 minute'
    where back_test_id = ${good}`.execute(db);
  await runNextBackTest(db, new AbortController().signal);
  expect((await readBackTest(db, good)).state).toBe("done");
  expect(await runNextBackTest(db, new AbortController().signal)).toBe(false);
});

test("many decisions are looked at in pieces, each once", async () => {
  const rows = Array.from({ length: 2_345 }, (_, i) => decision(`n-${i}`, { truth: i % 100 === 0 }));
  for (let from = 0; from < rows.length; from += 200)
    await recordDecisions(db, rows.slice(from, from + 200), SLA);
  const span = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 3_600_000) };
  const seen: number[] = [];
  const lists = await loadLists(db);
  const result = await backTest(db, {
    ...{ ...span, today: TIER_POLICY, tried: TIER_POLICY, lists },
    progress: async (lookedAt) => void seen.push(lookedAt),
  });
  expect([result.decisions, result.frauds, ...seen]).toEqual([2_345, 24, 1_000, 2_000, 2_345]);
});
