import { z } from "zod";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { meaningOf } from "../../domain/features/meaning.ts";
import { importanceOf } from "./own-words.ts";

/** From here an input has moved enough to be watched (Siddiqi 2006). */
const WATCH_PSI = 0.1;
/** The most looked at that are named. */
const NAMED = 8;

/** What cards say beside what every reader needs; each is left out by some of them. */
const told = z.object({
  importance: z.array(z.object({ feature: z.string(), gain: z.number() })).optional(),
  drift: z
    .array(z.object({ feature: z.string(), title: z.string(), psi: z.number(), ks: z.number() }))
    .optional(),
  refit: z
    .object({ rows: z.number(), until: z.string().optional(), frauds: z.number().optional() })
    .optional(),
});

/**
 * What a model looks at most, what of it moved between the rows it learned from and those it was judged on, and which
 * rows what is served learned from: in lines, in the words of its schema where it has one.
 *
 * @param card as it was written or read
 */
export function describeInputs(
  card: Readonly<Record<string, unknown>>,
  schema: ModelSchema | undefined,
): string[] {
  const { importance = [], drift, refit } = told.parse(card);
  const gains = schema
    ? importanceOf(
        importance.map(({ feature }) => feature),
        importance.map(({ gain }) => gain),
        schema,
      )
    : importance;
  const titleOf = (feature: string): string => (schema ? meaningOf(feature, schema).title : feature);
  const most = gains
    .slice(0, NAMED)
    .map(({ feature, gain }) => `  ${percent(gain).padStart(4)}  ${titleOf(feature)}`);
  const moved = drift?.filter(({ psi }) => psi >= WATCH_PSI);
  return [
    ...(most.length > 0 ? ["it looks most at", ...most] : []),
    ...(moved === undefined
      ? []
      : moved.length === 0
        ? [`none of ${drift?.length} inputs moved between the rows learned from and those judged on`]
        : [
            "moved between the rows learned from and those judged on (PSI from 0.1)",
            ...moved.map(({ title, psi }) => `  ${psi.toFixed(2)}  ${title}`),
          ]),
    ...(refit
      ? [
          `what is served learned from ${count(refit.rows)} payments${refit.until === undefined ? "" : ` until ${refit.until}`}` +
            `${refit.frauds === undefined ? "" : `, ${count(refit.frauds)} of them frauds`}; its figures are of the model before`,
        ]
      : []),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function count(n: number): string {
  return n.toLocaleString("en");
}
