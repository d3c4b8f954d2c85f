import { z } from "zod";
import { MODEL_ACTS, type ModelRequest } from "../../domain/model-care.ts";
import { lastComparisons, readKnownModels } from "../../pipeline/models/known.ts";
import { askOfModels, readRequest } from "../../pipeline/models/requests.ts";
import { lastRuns, readRun } from "../../pipeline/models/runs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { currentUser } from "../auth/guard.ts";
import type { Deps } from "../context.ts";
import {
  comparisonJson,
  comparisonToJson,
  modelsJson,
  modelsToJson,
  requestJson,
  requestToJson,
  runJson,
  runToJson,
} from "./model-schemas.ts";
import { type ApiRoute, jsonBody, route } from "./route.ts";

const params = z.object({ id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER) });
const runsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) });

const wish = z.strictObject({
  act: z.enum(MODEL_ACTS),
  model: z.string().max(1_000).default("").meta({
    description:
      "name@version. Of `set_shadows` all that there shall be, with spaces between; empty for none, and for no challenger.",
  }),
  share: z.number().optional().meta({ description: "Of the cards, for a challenger: above 0, at most 0.5." }),
  reason: z.string().max(5_000).meta({ description: "Stands in the audit log." }),
});

async function requestOf({ db }: Deps, id: number): Promise<ModelRequest> {
  const request = await readRequest(db, id);
  if (request) return request;
  throw new DomainError("not_found", "there is no such request");
}

const access = "operations.read";

/** Models for programs: who serves, what was trained and compared, and asking for a change. */
export const MODEL_ROUTES: readonly ApiRoute[] = [
  route(
    {
      ...{ method: "get", path: "/api/v1/models", access, status: 200, failures: [404, 503] },
      summary: "Who decides, and which models there are",
      description: "As a worker that has the registry of models last saw it.",
      answer: modelsJson,
      says: { 404: "No worker has looked yet." },
    },
    ({ db }) =>
      async () => {
        const known = await readKnownModels(db);
        if (!known) throw new DomainError("not_found", "no worker has looked yet which models there are");
        return modelsToJson(known.models, known.seenAt);
      },
  ),
  route(
    {
      ...{ method: "get", path: "/api/v1/training-runs", access, status: 200 },
      summary: "List trainings, newest first",
      query: runsQuery,
      answer: z.object({ items: z.array(runJson) }),
    },
    ({ db }) =>
      async ({ query: { limit } }) => ({ items: (await lastRuns(db, limit)).map(runToJson) }),
  ),
  route(
    {
      ...{ method: "get", path: "/api/v1/training-runs/{id}", access, status: 200, failures: [404] },
      summary: "One training with its evidence",
      params,
      answer: runJson,
    },
    ({ db }) =>
      async ({ params: { id } }) => {
        const run = await readRun(db, id);
        if (!run) throw new DomainError("not_found", "there is no such training");
        return runToJson(run);
      },
  ),
  route(
    {
      ...{ method: "get", path: "/api/v1/model-comparisons", access, status: 200 },
      summary: "How models do beside the champion",
      description: "The newest comparison of each, on payments whose truth is known by now.",
      answer: z.object({ items: z.array(comparisonJson) }),
    },
    ({ db }) =>
      async () => ({ items: (await lastComparisons(db)).map(comparisonToJson) }),
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/model-requests", status: 202, failures: [409] },
      access: "models.manage",
      summary: "Ask for a change of models, a training or a comparison",
      description:
        "A worker that has the registry carries it out within seconds (a training takes longer): ask for the request again until it has ended.",
      body: jsonBody(wish, { act: "promote", model: "own@2", reason: "catches more at the same load" }),
      answer: requestJson,
      says: { 409: "The same is under way already." },
    },
    (deps) =>
      async ({ body }, c) =>
        requestToJson(await requestOf(deps, await askOfModels(deps.db, currentUser(c).actor, body))),
  ),
  route(
    {
      ...{ method: "get", path: "/api/v1/model-requests/{id}", access, status: 200, failures: [404] },
      summary: "What became of a request",
      params,
      answer: requestJson,
    },
    (deps) =>
      async ({ params: { id } }) =>
        requestToJson(await requestOf(deps, id)),
  ),
];
