import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { ProtoGrpcType } from "../../proto/gen/scoring.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";

type ScoreBatch = ProtoGrpcType["paysecure"]["scoring"]["v1"]["ScoringService"]["service"]["ScoreBatch"];
type Request = ReturnType<ScoreBatch["requestDeserialize"]>;
type Explain = ProtoGrpcType["paysecure"]["scoring"]["v1"]["ScoringService"]["service"]["Explain"];
type Response = Parameters<ScoreBatch["responseSerialize"]>[0];

/** A gRPC server that speaks the real contract and decides by V1 alone: V1 is the probability. */
export interface FakeScorer {
  readonly address: string;
  /** Answers every call with UNAVAILABLE, and says that it does not serve, while true. */
  setAway(away: boolean): void;
  /** Answers every second transaction of a batch with RESOURCE_EXHAUSTED while true. */
  setFull(full: boolean): void;
  /** Answers every call with INTERNAL while true. */
  setBroken(broken: boolean): void;
  stop(): void;
}

export async function startFakeScorer(): Promise<FakeScorer> {
  const { service } = contractTypes(loadContract()).paysecure.scoring.v1.ScoringService;
  let away = false;
  let full = false;
  let broken = false;
  const server = new Server();
  server.addService(service, {
    ScoreBatch: (
      call: { request: Request },
      done: (error: { code: number; details: string } | null, value?: Response) => void,
    ) => {
      if (away) return done({ code: status.UNAVAILABLE, details: "away for the test" });
      if (broken) return done({ code: status.INTERNAL, details: "broken for the test" });
      const results = call.request.transactions.map((transaction, i) =>
        full && i % 2 === 1 ? noRoom(transaction.transactionId) : answer(transaction),
      );
      done(null, { results });
    },
    Explain: (
      call: { request: ReturnType<Explain["requestDeserialize"]> },
      done: (error: null, value: Parameters<Explain["responseSerialize"]>[0]) => void,
    ) => {
      const { transactionId, v } = call.request.transaction!;
      done(null, {
        score: answer({ transactionId, v }),
        contributions: [
          { code: "V1_HIGH", feature: "V1", value: v[0]!, contribution: 0.5, text: "V1 is high" },
        ],
        unit: "probability",
        method: "fake",
      });
    },
  });
  const services = ["", "paysecure.scoring.v1.ScoringService"];
  const health = new HealthImplementation(Object.fromEntries(services.map((name) => [name, "SERVING"])));
  health.addToServer(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    setAway: (value) => {
      away = value;
      for (const name of services) health.setStatus(name, value ? "NOT_SERVING" : "SERVING");
    },
    setFull: (value) => {
      full = value;
    },
    setBroken: (value) => {
      broken = value;
    },
    stop: () => server.forceShutdown(),
  };
}

function noRoom(transactionId: string): NonNullable<Response["results"]>[number] {
  return {
    transactionId,
    error: { code: status.RESOURCE_EXHAUSTED, message: "full for the test", details: [] },
  };
}

function answer({
  transactionId,
  v,
}: Pick<Request["transactions"][number], "transactionId" | "v">): NonNullable<Response["results"]>[number] {
  if (v.length !== 28) {
    const details = "transaction.v: must have 28 values";
    return { transactionId, error: { code: status.INVALID_ARGUMENT, message: details, details: [] } };
  }
  const p = v[0]!;
  const tier = p < 0.1 ? 1 : p < 0.3 ? 2 : p < 0.7 ? 3 : 4;
  return {
    transactionId,
    fraudProbability: p,
    riskTier: tier,
    action: tier,
    fraudPredicted: p >= 0.5,
    model: { name: "fake", version: "1" },
    reasons:
      tier < 3 ? [] : [{ code: "V1_HIGH", feature: "V1", value: p, contribution: p, text: "V1 is high" }],
  };
}
