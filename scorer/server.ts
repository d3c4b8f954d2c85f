import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { HealthImplementation } from "grpc-health-check";
import { DomainError, messageOf } from "../platform/errors.ts";
import { loadContract } from "../proto/loader.ts";
import type { HandlerContext } from "./handlers/context.ts";
import { explainHandler } from "./handlers/explain.ts";
import { getModelHandler } from "./handlers/get-model.ts";
import { scoreHandler } from "./handlers/score.ts";
import { scoreBatchHandler } from "./handlers/score-batch.ts";
import { scoreStreamHandler } from "./handlers/score-stream.ts";
import { createReflection } from "./reflection.ts";

export const SCORING_SERVICE = "paysecure.scoring.v1.ScoringService";

export interface ScorerServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The largest message taken, bytes; a larger one is answered RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number;
}

/** A listening gRPC server. */
export interface ScorerServer {
  readonly port: number;
  /** Tells health checks whether calls would be answered. */
  setServing(serving: boolean): void;
  /** Takes no new connections or calls, waits for those in flight, then closes. */
  drain(): Promise<void>;
  /** Cuts everything off. */
  kill(): void;
}

const identity = (bytes: Buffer): Buffer => bytes;

/**
 * The contract with raw bytes where handlers read and write the wire format themselves: proto-loader's reflection
 * makes an object of every message, and a number object of every V.
 */
export function rawService(contract: PackageDefinition): ServiceDefinition {
  const service = contract[SCORING_SERVICE] as ServiceDefinition;
  const raw = { requestDeserialize: identity, responseSerialize: identity };
  return {
    ...service,
    Score: { ...service["Score"], ...raw },
    ScoreBatch: { ...service["ScoreBatch"], ...raw },
    ScoreStream: { ...service["ScoreStream"], ...raw },
    Explain: { ...service["Explain"], requestDeserialize: identity },
  } as ServiceDefinition;
}

/**
 * Starts the scoring service with health and reflection. Health is NOT_SERVING until told otherwise.
 *
 * @throws DomainError `unavailable` when the port is taken
 */
export async function startScorerServer(
  context: HandlerContext,
  options: ScorerServerOptions,
): Promise<ScorerServer> {
  const server = new Server({
    "grpc.max_receive_message_length": options.maxMessageBytes,
    "grpc.max_send_message_length": options.maxMessageBytes,
  });
  const contract = loadContract();
  server.addService(rawService(contract), {
    Score: scoreHandler(context),
    ScoreBatch: scoreBatchHandler(context),
    ScoreStream: scoreStreamHandler(context),
    Explain: explainHandler(context),
    GetModel: getModelHandler(context),
  });
  const health = new HealthImplementation({ "": "NOT_SERVING", [SCORING_SERVICE]: "NOT_SERVING" });
  health.addToServer(server);
  const reflection = createReflection([SCORING_SERVICE, "grpc.health.v1.Health"]);
  for (const service of reflection.services) server.addService(service, reflection.implementation);

  const address = `${options.host.includes(":") ? `[${options.host}]` : options.host}:${options.port}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) {
        const taken = messageOf(error).includes("EADDRINUSE");
        const why = `cannot listen on ${address}: ${taken ? "the port is taken; set SCORER_PORT to another one" : messageOf(error)}`;
        reject(new DomainError("unavailable", why, { cause: error }));
      } else resolve(bound);
    });
  });
  return {
    port,
    setServing: (serving) => {
      const status = serving ? "SERVING" : "NOT_SERVING";
      health.setStatus("", status);
      health.setStatus(SCORING_SERVICE, status);
    },
    drain: () =>
      new Promise((resolve, reject) => {
        server.tryShutdown((error) => (error ? reject(error) : resolve()));
      }),
    kill: () => server.forceShutdown(),
  };
}
