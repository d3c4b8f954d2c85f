import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { scoreOnnx } from "../onnx/parity.ts";
import { expectedScore, foreignModels } from "./foreign-models.ts";
import type { Outcome } from "./outcome.ts";
import { importsPage, type TriedImports, tryImports } from "./page.ts";
import { paymentFiles, plainPayments } from "./payment-files.ts";
import { plainTraining, trainingFiles } from "./training-files.ts";

let tried: TriedImports;
beforeAll(async () => {
  tried = await tryImports();
}, 120_000);

/** What was taken in; undefined where it was refused as it should be. */
function taken<Taken extends object>(
  outcome: Outcome<Taken>,
  refused: RegExp | undefined,
): Taken | undefined {
  if (refused) {
    expect(outcome).toEqual({ refused: expect.stringMatching(refused) });
    return undefined;
  }
  if ("refused" in outcome) throw new Error(`refused: ${outcome.refused}`);
  return outcome;
}

describe("a model from elsewhere", () => {
  test.each(foreignModels.map(({ from, what }, i) => [from, what, i] as const))(
    "%s: %s",
    async (_, __, i) => {
      const { of, outcome } = tried.models[i]!;
      const model = taken(outcome, of.refused);
      if (!model) return;
      expect(model.auc).toBeGreaterThan(0.9);
      if (of.own) return;
      const { columns, values, rows } = tried.data.inputs;
      const scores = await scoreOnnx(model.bytes, tried.data.inputs);
      for (let r = 0; r < rows; r++) {
        expect(scores[r]).toBeCloseTo(expectedScore(values.subarray(r * columns, (r + 1) * columns)), 4);
      }
    },
  );
});

describe("a file of labelled transactions", () => {
  const expected = plainTraining
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));

  test.each(trainingFiles.map(({ what }, i) => [what, i] as const))("%s", (_, i) => {
    const { of, outcome } = tried.training[i]!;
    const file = taken(outcome, of.refused);
    if (!file || of.own) return;
    const { inputs, labels, weights, rows } = file.data;
    expect(Array.from({ length: rows }, (__, r) => [...inputs.values.subarray(30 * r, 30 * r + 30)])).toEqual(
      expected.map((row) => row.slice(0, 30).map(Math.fround)),
    );
    expect([...labels]).toEqual(expected.map((row) => row[30]));
    if (file.data.weighted) expect([...weights]).toEqual(expected.map((row) => row[31]));
  });
});

describe("a file of payments", () => {
  const expected = plainPayments
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","))
    .map(([id, time, customer, amount, online, fraud]) => ({
      ...{ id, customer, amount: Number(amount), online: online === "1" },
      at: Date.parse(time as string),
      fraud: fraud === "" ? undefined : fraud === "1",
    }));

  test.each(paymentFiles.map(({ what }, i) => [what, i] as const))("%s", (_, i) => {
    const { of, outcome } = tried.payments[i]!;
    const file = taken(outcome, of.refused);
    if (!file || of.own) return;
    expect(
      file.rows.map(({ payment, label }) => ({
        ...{ id: payment.transactionId, customer: payment.entities["customer"] },
        ...{ amount: payment.fields["amount"], online: payment.fields["online"] },
        ...{ at: payment.eventTimeMs, fraud: label?.fraud },
      })),
    ).toEqual(expected);
  });
});

test("docs/imports-table.md tells what happens: npm run imports-table", () => {
  const page = readFileSync(new URL("../../docs/imports-table.md", import.meta.url), "utf8");
  expect(page).toBe(importsPage(tried));
});
