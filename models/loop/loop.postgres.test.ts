import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "../../domain/actors.ts";
import { userActor } from "../../domain/actors.ts";
import { importServing } from "../../pipeline/audit/import-serving.ts";
import { verifyAudit } from "../../pipeline/audit/verify.ts";
import { lastComparisons, readKnownModels } from "../../pipeline/models/known.ts";
import { type AskedOfModels, askOfModels, readRequest } from "../../pipeline/models/requests.ts";
import { lastRuns, readRun } from "../../pipeline/models/runs.ts";
import { readServing } from "../../scorer/serving/state.ts";
import { carryOut } from "./carry-out.ts";
import { type LoopHouse, openLoopHouse } from "./testing/house.ts";

const SCIENTIST: Actor = userActor(3, "Dana Scientist");
const CHAMPION = "fraud-champion@5";

let house: LoopHouse;
let verdicts: number;
beforeAll(async () => {
  house = await openLoopHouse({ fraud: 0.1, control: 0.15 });
  verdicts = await house.day(5_000);
}, 120_000);
afterAll(() => house?.close());

/** Asks as a person does on the page, and has it done as a worker has. */
async function have(asked: AskedOfModels) {
  const { db } = house.store;
  const requestId = await askOfModels(db, SCIENTIST, asked);
  const workshop = { db, registry: house.registry, libraries: { paysecure: "test" }, threads: 2, days: 30 };
  await carryOut(workshop, requestId);
  return (await readRequest(db, requestId))!;
}

const training = async () => {
  const request = await have({ act: "retrain", reason: "a week of verdicts" });
  return { request, run: (await lastRuns(house.store.db, 1))[0]! };
};

const failed = (run: Awaited<ReturnType<typeof training>>["run"]): string[] =>
  run.gate?.checks.filter(({ passed }) => !passed).map(({ name }) => name) ?? [];

/** Changes what lies in the store, and puts it back. */
async function tampered<T>(
  change: ReturnType<typeof sql>,
  back: ReturnType<typeof sql>,
  act: () => Promise<T>,
) {
  await change.execute(house.store.db);
  try {
    return await act();
  } finally {
    await back.execute(house.store.db);
  }
}

/** The earlier four fifths of the decisions, which are learned from. */
const EARLIER = sql`(select percentile_disc(0.8) within group (order by d.decided_at) from decisions d join labels using (transaction_id))`;

test("once around: verdicts → training → gate → shadow → A/B → champion → back, every step in the audit", async () => {
  const { db } = house.store;
  expect(verdicts).toBeGreaterThanOrEqual(500);

  // An insider calls nine of ten earlier frauds legitimate.
  const poisoned = await tampered(
    sql`update labels l set label = 'legitimate', labelled_by = labelled_by || '{"was":"fraud"}'
      from transaction_keys k where k.transaction_id = l.transaction_id and l.label = 'fraud'
      and k.decided_at < ${EARLIER} and mod(k.seq, 10) <> 0`,
    sql`update labels set label = 'fraud', labelled_by = labelled_by - 'was' where labelled_by ->> 'was' = 'fraud'`,
    training,
  );
  expect(poisoned.run).toMatchObject({ state: "refused", model: "" });
  expect(failed(poisoned.run)).toContain("calibration");

  // A column that was written after the truth was known: in all payments …
  const column = (where: ReturnType<typeof sql>) => sql`
    update decisions d set v = d.v[1:10] || (case when l.label = 'fraud' then 40 else 0 end)::real || d.v[12:28]
    from labels l where l.transaction_id = d.transaction_id and ${where}`;
  await sql`create table seen as select transaction_id, v from decisions`.execute(db);
  const asSeen = sql`update decisions d set v = seen.v from seen where seen.transaction_id = d.transaction_id`;
  const leaky = await tampered(column(sql`true`), asSeen, training);
  expect(failed(leaky.run)).toContain("leak");
  expect(leaky.run.words).toContain("V11 alone has AUPRC 1.000");
  // … or filled in for those of long ago alone: what it learned is not there when it counts.
  const filledLater = await tampered(column(sql`d.decided_at < ${EARLIER}`), asSeen, training);
  expect(failed(filledLater.run)).toContain("drift");
  expect(filledLater.run.words).toContain("V11");

  const honest = await training();
  expect(failed(honest.run)).toEqual([]);
  expect(honest.run).toMatchObject({
    state: "accepted",
    model: "fraud-champion@6",
    champion: CHAMPION,
    seed: 1,
  });
  expect(honest.run.data).toMatchObject({
    ways: { sent_to_people: expect.any(Number), control_group: expect.any(Number) },
  });
  expect(honest.run.gate?.holdsFor).toContain("control group");
  expect(honest.run.askedBy).toEqual(SCIENTIST);
  expect(await readRun(db, honest.run.runId)).toEqual(honest.run);

  // A champion that learned from what would judge it is not judged on it: too few are left to say anything.
  await have({ act: "promote", model: "fraud-champion@6", reason: "to train beside it" });
  const beside = await training();
  expect(beside.run).toMatchObject({ state: "refused", champion: "fraud-champion@6" });
  expect(failed(beside.run)).toEqual(["enough"]);
  await have({ act: "roll_back", reason: "enough of it" });

  await have({ act: "set_shadows", model: "fraud-champion@6", reason: "passed the gate" });
  expect((await readServing(house.registry)).shadows).toEqual(["fraud-champion@6"]);
  // What it learned from does not judge it.
  expect((await have({ act: "compare", reason: "a first look" })).answer).toContain("neither learned from");
  expect(await lastComparisons(db)).toEqual([]);
  const later = await house.day(600);
  await have({ act: "compare", reason: "a second look" });
  const [asShadow] = await lastComparisons(db);
  expect(asShadow).toMatchObject({
    other: "fraud-champion@6",
    role: "shadow",
    arms: null,
    unscored: 0,
    rows: later,
  });

  await have({ act: "set_shadows", reason: "on to the test" });
  await have({ act: "set_challenger", model: "fraud-champion@6", share: 0.5, reason: "half of the cards" });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await house.day(1_000);
  await have({ act: "compare", reason: "the test so far" });
  const [asChallenger] = await lastComparisons(db);
  const { arms } = asChallenger!;
  expect(arms?.champion.payments).toBeGreaterThan(200);
  expect(arms?.challenger.payments).toBeGreaterThan(200);
  expect(arms!.champion.payments + arms!.challenger.payments).toBeGreaterThanOrEqual(1_000);
  expect(arms?.challenger.labelled).toBe(arms?.challenger.reviewed);
  expect(arms?.challenger.frauds).toBeGreaterThan(20);

  expect(
    (await have({ act: "promote", model: "fraud-champion@6", reason: "as good, of this week" })).answer,
  ).toBe(`champion is now fraud-champion@6, it was ${CHAMPION}`);
  expect(await readServing(house.registry)).toEqual({
    champion: "fraud-champion@6",
    challenger: null,
    shadows: [],
  });
  expect((await readKnownModels(db))?.models).toMatchObject({
    champion: "fraud-champion@6",
    before: CHAMPION,
  });
  expect((await have({ act: "roll_back", reason: "only trying" })).answer).toContain(
    `champion is now ${CHAMPION}`,
  );
  expect((await readServing(house.registry)).champion).toBe(CHAMPION);

  await importServing(db, house.registry);
  const { rows } = await sql<{ act: string; actor: Actor }>`
    select act, actor from audit_log where act like 'models.%' or act like 'serving.%' order by audit_id`.execute(
    db,
  );
  const acts = rows.filter(({ actor }) => actor.id === SCIENTIST.id).map(({ act }) => act);
  expect(acts).toEqual(
    expect.arrayContaining([
      ...["models.retrain.asked", "models.training.refused", "models.training.accepted"],
      ...["models.set_shadows.asked", "serving.set_shadows", "models.compare.asked"],
      ...["models.set_challenger.asked", "serving.promote", "models.promote.asked"],
      ...["models.roll_back.asked", "serving.roll_back"],
    ]),
  );
  expect((await verifyAudit(db)).fault).toBeUndefined();
}, 240_000);

test("what cannot be done is refused with words, and nothing is changed", async () => {
  const before = await readServing(house.registry);
  expect(await have({ act: "promote", model: "fraud-champion@99", reason: "a typing error" })).toMatchObject({
    ...{ state: "refused", answer: expect.stringContaining('no model "fraud-champion@99"') },
  });
  expect(
    await have({ act: "set_challenger", model: before.champion, share: 0.1, reason: "no" }),
  ).toMatchObject({
    ...{ state: "refused", answer: expect.stringContaining("is the champion already") },
  });
  const ask = (asked: AskedOfModels) => askOfModels(house.store.db, SCIENTIST, asked);
  await expect(ask({ act: "promote", model: "fraud-champion@5", reason: " " })).rejects.toThrow("reason");
  await expect(ask({ act: "promote", model: "champion", reason: "x" })).rejects.toThrow("not name@version");
  await expect(
    ask({ act: "set_challenger", model: "fraud-champion@5", share: 0.9, reason: "x" }),
  ).rejects.toThrow("share");
  expect(await readServing(house.registry)).toEqual(before);
});

test("two who ask for a training at once: one is told that it is under way", async () => {
  const { db } = house.store;
  const asked = await Promise.allSettled(
    Array.from({ length: 5 }, () => askOfModels(db, SCIENTIST, { act: "retrain", reason: "now" })),
  );
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(asked.find(({ status }) => status === "rejected")).toMatchObject({
    reason: expect.objectContaining({ code: "conflict" }),
  });
});
