import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestConsole, type TestConsole } from "./testing/console.ts";
import { keepRefusedRun, keepTestModels } from "./testing/models.ts";
import { linkFor } from "./testing/people.ts";

const KEY = "a-test-key-of-enough-length";

let it: TestConsole;
beforeAll(async () => {
  it = await startTestConsole({ ADMIN_API_KEY: KEY });
});
afterAll(() => it?.stop());
beforeEach(async () => {
  for (const table of ["model_requests", "training_runs", "model_comparisons", "known_models"] as const)
    await it.db.deleteFrom(table).execute();
});

async function api(path: string, body?: unknown): Promise<{ status: number; said: Record<string, unknown> }> {
  const answer = await it.app.request(`/api/v1${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, said: (await answer.json()) as Record<string, unknown> };
}

async function cookieOf(role: "viewer" | "lead"): Promise<string> {
  const answer = await it.app.request(`/sign-in/${await linkFor(it.db, role, role, 10)}`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  });
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] as string;
}

test("before a worker has looked there is nothing to say who serves, and lists are empty", async () => {
  expect(await api("/models")).toMatchObject({
    status: 404,
    said: { detail: expect.stringContaining("no worker has looked yet") },
  });
  for (const list of ["/training-runs", "/model-comparisons"])
    expect(await api(list)).toEqual({ status: 200, said: { items: [] } });
  for (const one of ["/training-runs/1", "/model-requests/1"]) expect((await api(one)).status).toBe(404);
  expect((await api("/training-runs/none")).status).toBe(400);
});

test("who serves, trainings with their evidence and comparisons are told whole", async () => {
  const { runId } = await keepTestModels(it.db);
  const refused = await keepRefusedRun(it.db);
  expect((await api("/models")).said).toMatchObject({
    champion: "champion@5",
    challenger: { model: "own@2", share: 0.1 },
    shadows: ["own@1"],
    before: "champion@4",
    versions: [
      { id: "champion@5", auprc: { value: 0.8012, protocol: "walk-forward" }, training_run_id: null },
      {},
      { id: "own@2", training_run_id: runId },
      { id: "own@1", auprc: null },
    ],
  });
  expect((await api("/training-runs?limit=1")).said).toMatchObject({
    items: [{ training_run_id: refused.runId, state: "refused", model: null }],
  });
  expect((await api(`/training-runs/${runId}`)).said).toMatchObject({
    ...{ state: "accepted", model: "own@2", asked_by: { name: "dan" }, seed: 1 },
    data: {
      rows: 48_211,
      ways: { control_group: 1_204 },
      left_out: { "its label is of another source": 12 },
    },
    gate: { passed: true, checks: [{ name: "enough" }, {}, {}, {}], candidate: { auprc: 0.8301 } },
  });
  expect((await api("/model-comparisons")).said).toMatchObject({
    items: [
      {
        ...{ other: "own@2", role: "challenger", mcnemar: { only_champion: 6, only_other: 21 } },
        ...{ evidence: { value: 34.2, favours: "other" }, arms: { evidence: { favours: null } } },
      },
    ],
  });
});

test("a program asks, is told where its request stands, and once of each kind at a time", async () => {
  const asked = await api("/model-requests", {
    ...{ act: "set_challenger", model: "own@2", share: 0.05, reason: "to see it in life" },
  });
  expect(asked).toMatchObject({
    status: 202,
    said: {
      act: "set_challenger",
      model: "own@2",
      share: 0.05,
      state: "waiting",
      answer: "",
      ended_at: null,
    },
  });
  expect(await api(`/model-requests/${asked.said["request_id"]}`)).toEqual({ status: 200, said: asked.said });
  expect(await api("/model-requests", { act: "set_challenger", reason: "none" })).toMatchObject({
    status: 409,
    said: { detail: expect.stringContaining("under way already") },
  });
  for (const wrong of [
    { act: "promote", model: "own@2" },
    { act: "promote", model: "own@2", reason: " " },
    { act: "promote", model: "../own", reason: "why" },
    { act: "promote", reason: "why" },
    { act: "retire", reason: "why" },
    { act: "retrain", reason: "why", force: true },
  ])
    expect((await api("/model-requests", wrong)).status, JSON.stringify(wrong)).toBe(400);
  const entry = await it.db
    .selectFrom("audit_log")
    .select(["actor", "detail"])
    .where("act", "=", "models.set_challenger.asked")
    .executeTakeFirstOrThrow();
  expect(entry).toMatchObject({ detail: { model: "own@2", share: 0.05, reason: "to see it in life" } });
});

test("who may see may not ask, and a viewer sees nothing of it", async () => {
  const body = JSON.stringify({ act: "retrain", reason: "why" });
  for (const [role, sees] of [
    ["lead", 200],
    ["viewer", 403],
  ] as const) {
    const headers = {
      ...{ cookie: await cookieOf(role), "sec-fetch-site": "same-origin" },
      "content-type": "application/json",
    };
    expect((await it.app.request("/api/v1/training-runs", { headers })).status).toBe(sees);
    const answer = await it.app.request("/api/v1/model-requests", { method: "POST", headers, body });
    expect(answer.status).toBe(403);
  }
  expect(await it.db.selectFrom("model_requests").selectAll().execute()).toEqual([]);
});
