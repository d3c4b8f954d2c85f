import { ownRecipes } from "../own/own-recipes.ts";
import { thinned } from "../own/thinned.ts";
import { type Candidate, type Field, workerBeside } from "./field.ts";

/** Who is compared on payments of any schema, simplest first: what `npm run train -- --schema` knows. */
export const ownCandidates = {
  logistic: { title: "logistic regression", make: () => ownRecipes.logistic().learner },
  forest: { title: "forest of 100 × depth 10", make: () => ownRecipes.forest().learner },
  boosting: {
    title: "boosted trees, as many as later rows ask for",
    make: () => ownRecipes.boosting().learner,
  },
  mlp: { title: "neural network (mlp)", make: () => ownRecipes.mlp().learner, slow: true },
} as const satisfies Readonly<Record<keyof typeof ownRecipes, Candidate>>;

/** Those of a team's own payments: of a window's many legitimate rows a sample is learned from, as it is when trained. */
export const ownField: Field = {
  candidates: ownCandidates,
  sample: ({ labels, weights }, from, seed) => thinned({ labels, weights }, Int32Array.from(from), seed),
  worker: workerBeside(import.meta.url, "fit-own-window-worker"),
};
