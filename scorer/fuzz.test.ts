import { credentials, Metadata, makeGenericClientConstructor, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { mutatedRequest } from "./testing/mutated-request.ts";
import { startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

/** A hundred thousand of them run in `npm run bench -- scorer --only=fuzz`. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 400);
const DOCUMENTED = [status.OK, status.INVALID_ARGUMENT, status.NOT_FOUND];

it("mutated requests get documented codes only, and harm nobody", async () => {
  const scorer = await startScorerFixture();
  const Generic = makeGenericClientConstructor({}, "fuzz");
  const client = new Generic(scorer.address, credentials.createInsecure());
  const identity = (bytes: Buffer): Buffer => bytes;
  const codeOf = (method: string, bytes: Buffer): Promise<status> =>
    new Promise((resolve) => {
      const path = `/paysecure.scoring.v1.ScoringService/${method}`;
      client.makeUnaryRequest(path, identity, identity, bytes, new Metadata(), {}, (error) =>
        resolve(error?.code ?? status.OK),
      );
    });
  try {
    await fc.assert(
      fc.asyncProperty(mutatedRequest(), async ({ method, bytes }) => {
        expect(DOCUMENTED).toContain(await codeOf(method, bytes));
      }),
      { numRuns: RUNS },
    );
    expect((await scorer.client.score(transaction("alive", -10))).riskTier).toBe("critical");
  } finally {
    client.close();
    await scorer.stop();
  }
});
