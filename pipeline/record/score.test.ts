import { expect, test } from "vitest";
import { DomainError } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { createPatience } from "../../platform/process/patience.ts";
import type { BatchOptions, BatchResult } from "../../scorer/client/types.ts";
import { scoreItems } from "./score.ts";

test("payments are decided also by a key that may score and not ask for reasons", async () => {
  const refused = new DomainError("permission_denied", "lacks the right decisions.explain");
  const result: BatchResult = { ok: false, transactionId: "t", error: new DomainError("internal", "x") };
  const asked: unknown[] = [];
  const scorer = {
    scoreBatch: async (_: unknown, options?: BatchOptions) => {
      asked.push([options?.explainFrom, options?.withFeatures]);
      if (options?.explainFrom !== undefined) throw refused;
      return [result];
    },
    explain: async () => Promise.reject(refused),
  };
  const patience = createPatience(createLogger("test", "silent"), new AbortController().signal);
  const transaction = { transactionId: "t", time: 0, v: [], amount: 1 };
  const [scored] = await scoreItems({ scorer, patience }, [{ position: 0, given: {}, transaction }]);
  expect(asked).toEqual([
    ["high", true],
    [undefined, undefined],
  ]);
  expect(scored?.result).toBe(result.error);
});
