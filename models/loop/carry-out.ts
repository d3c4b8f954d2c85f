import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { LifeComparison, ModelRequest } from "../../domain/model-care.ts";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import type { LabelSource } from "../../domain/verdicts.ts";
import { keepComparison, keepKnownModels } from "../../pipeline/models/known.ts";
import { knownModels } from "../../pipeline/models/known-now.ts";
import { beginRequest, endRequest } from "../../pipeline/models/requests.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { requireFit } from "../../scorer/serving/gate.ts";
import { type ChangeRequest, promoteModel, rollBackModel } from "../../scorer/serving/promotion.ts";
import { readModel, resolveModel, type StoredModel } from "../../scorer/serving/registry.ts";
import { changeServing, MAX_SHADOWS, readServing, readServingHistory } from "../../scorer/serving/state.ts";
import { describeChange, scoreStored } from "../promotion.ts";
import { compareInLife } from "./compare.ts";
import { retrain } from "./retrain.ts";

/** What carrying requests out needs. */
export interface Workshop {
  readonly db: Kysely<Database>;
  readonly registry: string;
  readonly libraries: Readonly<Record<string, string>>;
  readonly threads: number;
  /** Of payments that a training looks back on, and a comparison. */
  readonly days: number;
  readonly sources?: readonly LabelSource[] | undefined;
}

/**
 * Does what was asked of models, and says with the request what became of it. What a person can mend is `refused` with
 * words; what broke is `failed`, and thrown. A request that was begun before and not ended is done again: every act may be.
 */
export async function carryOut(workshop: Workshop, requestId: number): Promise<string> {
  const { db, registry } = workshop;
  const request = await beginRequest(db, requestId);
  if (!request) return `request ${requestId} was done before`;
  try {
    const { done, answer } = await act(workshop, request);
    await endRequest(db, requestId, done ? "done" : "refused", answer);
    return answer;
  } catch (error) {
    const mendable = error instanceof DomainError && error.code !== "internal";
    await endRequest(db, requestId, mendable ? "refused" : "failed", messageOf(error));
    if (!mendable) throw error;
    return messageOf(error);
  } finally {
    await keepKnownModels(db, await knownModels(registry));
  }
}

interface Outcome {
  readonly done: boolean;
  readonly answer: string;
}

async function act(workshop: Workshop, request: ModelRequest): Promise<Outcome> {
  const { db, registry } = workshop;
  const { act: what, askedBy: actor, model, reason } = request;
  const done = (answer: string): Outcome => ({ done: true, answer });
  switch (what) {
    case "promote": {
      const changed = await promoteModel(registry, model, changing("champion", actor, reason));
      await freeOtherRoles(registry, changed.to, actor, reason);
      return done(describeChange(changed));
    }
    case "roll_back":
      return done(describeChange(await rollBackModel(registry, changing("champion", actor, reason))));
    case "set_challenger":
      return done(await setChallenger(registry, request));
    case "set_shadows":
      return done(await setShadows(registry, request));
    case "compare":
      return done(await compareAll(workshop));
    case "retrain": {
      const { state, words } = await retrain(db, {
        ...workshop,
        ...{ actor, until: new Date(), seed: 1 },
      });
      return { done: state === "accepted", answer: words };
    }
  }
}

function changing(role: ChangeRequest["role"], actor: Actor, reason: string): ChangeRequest {
  return { role, actor, reason, score: scoreStored };
}

/** Whoever became champion has no other part any more. */
async function freeOtherRoles(
  registry: string,
  champion: string,
  actor: Actor,
  reason: string,
): Promise<void> {
  const { challenger, shadows } = await readServing(registry);
  const change = { actor, reason, despite: "" };
  if (challenger?.model === champion) {
    await changeServing(registry, {
      ...{ ...change, act: "set_challenger", role: "challenger" },
      change: (now) => ({ ...now, challenger: null }),
    });
  }
  if (shadows.includes(champion)) {
    await changeServing(registry, {
      ...{ ...change, act: "set_shadows", role: "shadow" },
      change: (now) => ({ ...now, shadows: now.shadows.filter((shadow) => shadow !== champion) }),
    });
  }
}

async function setChallenger(
  registry: string,
  { model, share, askedBy: actor, reason }: ModelRequest,
): Promise<string> {
  if (model === "") {
    await changeServing(registry, {
      ...{ actor, act: "set_challenger", role: "challenger", reason, despite: "" },
      change: (now) => ({ ...now, challenger: null }),
    });
    return "there is no challenger any more";
  }
  if (model === (await readServing(registry)).champion)
    throw DomainError.invalid([{ field: "model", description: "is the champion already" }]);
  const change = { ...changing("challenger", actor, reason), share: share ?? 0 };
  return describeChange(await promoteModel(registry, model, change));
}

async function setShadows(
  registry: string,
  { model, askedBy: actor, reason }: ModelRequest,
): Promise<string> {
  const shadows = model.split(" ").filter((reference) => reference !== "");
  if (shadows.length > MAX_SHADOWS)
    throw DomainError.invalid([{ field: "model", description: `must be at most ${MAX_SHADOWS} shadows` }]);
  for (const reference of shadows) {
    const stored = await readModel(registry, await resolveModel(registry, reference));
    await requireFit(stored, "shadow", (rows, count) => scoreStored(stored, rows, count));
  }
  await changeServing(registry, {
    ...{ actor, act: "set_shadows", role: "shadow", reason, despite: "" },
    change: (now) => ({ ...now, shadows }),
  });
  return shadows.length === 0 ? "there are no shadows any more" : `shadows are now ${shadows.join(", ")}`;
}

/** Holds whoever has another part against the champion, on the labelled payments of the last days. */
async function compareAll({ db, registry, days }: Workshop): Promise<string> {
  const { champion, challenger, shadows } = await readServing(registry);
  const read = async (reference: string): Promise<StoredModel> =>
    await readModel(registry, await resolveModel(registry, reference));
  const others: readonly (readonly [string, LifeComparison["role"]])[] = [
    ...(challenger ? [[challenger.model, "challenger"] as const] : []),
    ...shadows.map((shadow) => [shadow, "shadow"] as const),
  ];
  if (others.length === 0) return "nobody to compare: there is no challenger and no shadow";
  const first = await read(champion);
  const answers: string[] = [];
  for (const [reference, role] of others) {
    const since = role === "challenger" ? await challengerSince(registry, reference) : undefined;
    const report = await compareInLife(db, {
      ...{ champion: first, other: await read(reference), role, days, at: new Date() },
      currency: first.schema?.currency ?? DEFAULT_CURRENCY,
      ...(since && { test: { share: challenger?.share ?? 0, since } }),
    });
    if (report) await keepComparison(db, report);
    answers.push(
      report
        ? report.words
        : `${reference}: no labelled payments of both kinds yet that both can score and neither learned from.`,
    );
  }
  return answers.join(" ");
}

/** Since when the challenger has had its share: a test with another share is another test. */
async function challengerSince(registry: string, reference: string): Promise<Date | undefined> {
  const changes = (await readServingHistory(registry)).filter(({ role }) => role === "challenger");
  const last = changes.at(-1);
  return last?.after.challenger?.model === reference ? new Date(last.at) : undefined;
}
