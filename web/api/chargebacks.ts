import { z } from "zod";
import { type Chargeback, chargebackBody, chargebackOf } from "../../pipeline/chargebacks/chargeback.ts";
import {
  CHARGEBACK_OUTCOMES,
  CHARGEBACKS_AT_ONCE,
  countOutcomes,
  takeChargebacks,
} from "../../pipeline/chargebacks/take.ts";
import { check } from "../../pipeline/doors/json.ts";
import { currentUser } from "../auth/guard.ts";
import { readJson } from "./body.ts";
import { type ApiRoute, type Body, route } from "./route.ts";

const manyBody = z
  .array(chargebackBody)
  .min(1, "must have at least one chargeback")
  .max(CHARGEBACKS_AT_ONCE, `at most ${CHARGEBACKS_AT_ONCE.toLocaleString("en")} chargebacks`);

const sentBody: Body<readonly Chargeback[]> = {
  schema: z.union([chargebackBody, manyBody]),
  example: {
    ...{ transaction_id: "order-10025", label: "fraud" },
    ...{ reported_at: "2026-11-26T09:30:00+01:00", reason_code: "10.4" },
  },
  async read(c) {
    const body = await readJson(c);
    // Each form by itself: what is wrong is said of the form that was sent.
    return (Array.isArray(body) ? check(manyBody, body) : [check(chargebackBody, body)]).map(chargebackOf);
  },
};

const answer = z
  .object({
    accepted: z.int(),
    duplicates: z.int(),
    superseded: z.int(),
    unknown: z.int(),
    refused: z.int(),
    results: z.array(
      z.object({
        index: z.int().meta({ description: "Its place in the request, from 0." }),
        transaction_id: z.string(),
        outcome: z.enum(CHARGEBACK_OUTCOMES).meta({
          description:
            "accepted: it is the payment's label now. duplicate: it was before. superseded: what was reported later stands. unknown: there is no such payment; send it again when there is. refused: why says it.",
        }),
        why: z.string().optional().meta({ description: "In words, where it changed nothing." }),
      }),
    ),
  })
  .meta({ id: "ChargebackAnswer" });

/** What banks say of payments weeks later, from programs. */
export const CHARGEBACK_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "post",
      path: "/api/v1/chargebacks",
      summary: "Bring in chargebacks",
      description:
        "One, or a list of up to 1,000; each has a result of its own. It becomes the payment's label, in the place of an analyst's, and no verdict takes it back; the case stays as it is. Of two about one payment the one that was reported later stands, so sending it again does no harm. A body that is wrong anywhere is refused whole.",
      access: "labels.import",
      body: sentBody,
      status: 200,
      answer,
      failures: [503],
    },
    ({ db }) =>
      async ({ body: items }, c) => {
        const taken = await takeChargebacks(db, currentUser(c).actor, items);
        const { duplicate: duplicates, ...counts } = countOutcomes(taken);
        return {
          ...{ ...counts, duplicates },
          results: taken.map((each, index) => ({
            index,
            transaction_id: items[index]?.transactionId ?? "",
            ...each,
          })),
        };
      },
  ),
];
