import { z } from "zod";
import { parseRegistryJson, readRegistryFile } from "./registry-file.ts";
import type { ServingChange, ServingState } from "./state.ts";

/**
 * A registry as versions before 0.2.0 wrote it: `aliases.json` said who is champion, `serving.json` who gets traffic
 * beside it, `aliases.history.jsonl` who changed an alias. Read, never written.
 */
const ALIASES = "aliases.json";
const HISTORY = "aliases.history.jsonl";

const trafficSchema = z.object({
  challenger: z
    .object({ model: z.string(), share: z.number().min(0).max(1) })
    .nullable()
    .default(null),
  shadows: z.array(z.string()).max(4).default([]),
});

const changeSchema = z.object({
  at: z.iso.datetime(),
  alias: z.string(),
  action: z.enum(["promote", "roll_back"]),
  from: z.string(),
  to: z.string(),
  by: z.string(),
  reason: z.string(),
  despite: z.string().default(""),
});

export interface LegacyState {
  readonly state: ServingState;
  /** As entries of the new history, but for their numbers. */
  readonly history: readonly Omit<ServingChange, "seq">[];
}

/**
 * @param traffic the text of `serving.json` where there is one
 * @throws DomainError `invalid_argument` when a file is wrong, `not_found` when one cannot be read
 */
export async function readLegacyState(root: string, traffic: string | undefined): Promise<LegacyState> {
  const aliases = parseRegistryJson(
    ALIASES,
    (await readRegistryFile(root, ALIASES)) ?? "{}",
    z.record(z.string(), z.string()),
  );
  const { challenger, shadows } = parseRegistryJson("serving.json", traffic ?? "{}", trafficSchema);
  const named = aliases["challenger"];
  const shadow = aliases["shadow"];
  const state: ServingState = {
    champion: aliases["champion"] ?? "",
    // An alias got no traffic; it keeps its name and gets none until somebody gives it some.
    challenger: challenger ?? (named === undefined ? null : { model: named, share: 0 }),
    shadows: shadows.length > 0 || shadow === undefined ? shadows : [shadow],
  };
  return { state, history: await historyOf(root) };
}

async function historyOf(root: string): Promise<Omit<ServingChange, "seq">[]> {
  const lines = ((await readRegistryFile(root, HISTORY)) ?? "").split("\n").filter((line) => line !== "");
  let now: ServingState = { champion: "", challenger: null, shadows: [] };
  return lines.map((line, i) => {
    const { at, alias, action, from, to, by, reason, despite } = parseRegistryJson(
      `${HISTORY}, line ${i + 1},`,
      line,
      changeSchema,
    );
    const before = withRole(now, alias, from);
    const after = withRole(before, alias, to);
    now = after;
    const actor = { kind: "operator", id: by, name: by } as const;
    return { at, actor, act: action, role: alias, before, after, reason, despite };
  });
}

/** A state in which a role has a model; "" takes it away. */
export function withRole(state: ServingState, role: string, model: string): ServingState {
  if (role === "champion") {
    const crowned = state.challenger?.model === model;
    return { ...state, champion: model, challenger: crowned ? null : state.challenger };
  }
  if (role === "challenger") {
    return { ...state, challenger: model === "" ? null : { model, share: state.challenger?.share ?? 0 } };
  }
  return { ...state, shadows: model === "" ? [] : [model] };
}
