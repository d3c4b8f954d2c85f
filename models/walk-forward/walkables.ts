import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import { publicSetSchema } from "../../features/schema/public-set.ts";
import { type OwnGiven, stretchOf } from "../cli/own-training.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Walkable } from "./choose-and-claim.ts";
import { claim } from "./claim.ts";
import { claimOwn, ownWalk } from "./own-walk.ts";
import { rowsBefore } from "./rows.ts";
import { momentsOver } from "./span.ts";

/**
 * The public data set's columns, walked through.
 *
 * @throws DomainError `invalid_argument` as {@link rowsBefore} does
 */
export function publicWalkable(data: Dataset, testStart: number, labelDelay: number): Walkable {
  const rows = rowsBefore(data, testStart);
  return {
    ...{ rows, labelDelay },
    words: { end: testStart, moment: String, before: "Time " },
    stretch: { data: data.sha256, test_start: testStart },
    schema: (name) => publicSetSchema(name, DEFAULT_CURRENCY),
    claim: (walk, options) => claim(data, rows, walk, { ...options, testStart }),
  };
}

/**
 * A team's own payments, walked through.
 *
 * @param store whether they are those of the store
 * @throws DomainError `invalid_argument` as {@link ownWalk} does
 */
export function ownWalkable(given: OwnGiven, store: boolean): Walkable {
  const { payments, schema, labelDelay } = given;
  const own = ownWalk(payments, labelDelay);
  const { times } = own.rows;
  const span =
    own.split.testStart - times.reduce((first, time) => Math.min(first, time), own.split.testStart);
  return {
    ...{ rows: own.rows, labelDelay },
    words: { end: own.split.trainEnd, testStart: own.split.testStart, moment: momentsOver(span) },
    stretch: stretchOf(given, store, own.split.testStart),
    schema: () => schema.text,
    claim: (walk, options) => claimOwn(payments, own, walk, { ...options, schema: schema.schema }),
  };
}
