import type { ServiceDefinition } from "@grpc/grpc-js";
import { CONTRACT_INPUTS } from "../../domain/transaction.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { inputsOf } from "../../scorer/scoring/model-inputs.ts";
import { CONTRACT_WIDTH, TEXT, TransactionInput } from "../../scorer/scoring/transaction-input.ts";
import { validateTransaction } from "../../scorer/scoring/validate.ts";
import { decodeScoreRequest } from "../../scorer/wire/decode-request.ts";
import { encodeDecision, encodeModelField, encodePolicyFields } from "../../scorer/wire/encode-response.ts";
import { type Figure, median, ratio } from "../report.ts";
import { ownRequests, scoreRequests } from "./messages.ts";

/** proto-loader's reflection codec against the scorer's own, on the same messages in one thread. */
export function codec(rounds: number, perRound: number): Figure[] {
  const service = contractTypes(loadContract()).paysecure.scoring.v1.ScoringService
    .service as ServiceDefinition;
  const score = service["Score"] as ServiceDefinition[string];
  const requests = scoreRequests(1_000);
  const own = ownRequests(1_000);
  const input = new TransactionInput();
  const rows = new Float32Array(CONTRACT_WIDTH);
  const ulb = inputsOf(CONTRACT_INPUTS);
  const modelField = encodeModelField({ name: "fraud-forest", version: "1" });
  const answer = {
    transactionId: "bench-1-100",
    fraudProbability: 0.01,
    riskTier: 1,
    action: 1,
    model: { name: "fraud-forest", version: "1" },
  };
  const id = Buffer.from(answer.transactionId);
  const decision = {
    id,
    idStart: 0,
    idEnd: id.length,
    probability: 0.01,
    riskTier: "low" as const,
    action: "approve" as const,
    fraudPredicted: false,
    recorded: false,
    policyFields: encodePolicyFields({ policyVersion: "tiers-1", review: false, slaMinutes: null }),
  };
  const nanoseconds = (run: (bytes: Buffer, i: number) => void): number => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < perRound; i++) run(requests[i % requests.length] as Buffer, i);
    return Number(process.hrtime.bigint() - start) / perRound;
  };
  const ways = {
    decodeLoader: (bytes: Buffer) => void score.requestDeserialize(bytes),
    decodeOwn: (bytes: Buffer) => {
      input.reset(bytes, rows, 0);
      decodeScoreRequest(bytes, input);
    },
    decodeAndValidate: (bytes: Buffer) => {
      input.reset(bytes, rows, 0);
      decodeScoreRequest(bytes, input);
      if (validateTransaction(input, "transaction", ulb) || input.ends[TEXT.transactionId] === 0) {
        throw new Error("a right request was refused");
      }
    },
    decodeFields: (_bytes: Buffer, i: number) => {
      const bytes = own[i % own.length] as Buffer;
      input.reset(bytes, rows, 0);
      decodeScoreRequest(bytes, input);
      if (validateTransaction(input, "transaction", undefined))
        throw new Error("a right request was refused");
    },
    encodeLoader: () => void score.responseSerialize(answer),
    encodeOwn: () => void encodeDecision(decision, modelField),
  };
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(ways)) {
      const took = nanoseconds(run);
      if (round >= 0) times[name]?.push(took);
    }
  }
  const of = (name: keyof typeof ways): number[] => times[name] as number[];
  const plain = (name: string, values: readonly number[]): Figure => ({
    name,
    value: median(values),
    unit: "ns",
  });
  const faster = (slow: keyof typeof ways, quick: keyof typeof ways): number[] =>
    of(slow).map((value, i) => value / (of(quick)[i] as number));
  return [
    plain("decoding a ScoreRequest, proto-loader", of("decodeLoader")),
    plain("decoding a ScoreRequest, own decoder", of("decodeOwn")),
    plain("decoding and validating it, own", of("decodeAndValidate")),
    plain("… of one with 12 fields and 3 entities", of("decodeFields")),
    ratio("own decoder against proto-loader's", faster("decodeLoader", "decodeOwn"), { atLeast: 1 }),
    plain("encoding a ScoreResponse, proto-loader", of("encodeLoader")),
    plain("encoding a ScoreResponse, own encoder", of("encodeOwn")),
    ratio("own encoder against proto-loader's", faster("encodeLoader", "encodeOwn"), { atLeast: 1 }),
  ];
}
