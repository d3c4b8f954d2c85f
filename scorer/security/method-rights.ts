import type { Right } from "../../domain/rights.ts";

/**
 * What each method asks of whoever calls it, by its name in the contract: scoring, the Open Inference Protocol,
 * administration. Health and reflection ask for nothing and are not here.
 */
export const METHOD_RIGHTS = {
  Score: "transactions.score",
  ScoreBatch: "transactions.score",
  ScoreStream: "transactions.score",
  Explain: "decisions.explain",
  GetModel: "transactions.score",

  ServerLive: "transactions.score",
  ServerReady: "transactions.score",
  ModelReady: "transactions.score",
  ServerMetadata: "transactions.score",
  ModelMetadata: "transactions.score",
  ModelInfer: "transactions.score",

  ListModels: "models.manage",
  LoadModel: "models.manage",
  PromoteModel: "models.manage",
  RollBack: "models.manage",
  SetChallenger: "models.manage",
  SetShadows: "models.manage",
} as const satisfies Record<string, Right>;

/** A method that stands in the table; there is no other way to a handler. */
export type Method = keyof typeof METHOD_RIGHTS;

/** What an option of a call asks for on top, wherever the option stands: no call does by an option what it may not. */
export const OPTION_RIGHTS = {
  /** `record = true` of Score, ScoreStream, ScoreBatch. */
  record: "transactions.record",
  /** `explain = true` of Score and ScoreStream, `explain_from_tier` of ScoreBatch; `with_features`, which reasons tell too. */
  explain: "decisions.explain",
} as const satisfies Record<string, Right>;
