import { Server, type ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { HealthImplementation } from "grpc-health-check";
import { DomainError, messageOf } from "../platform/process/errors.ts";
import { loadContract } from "../proto/loader.ts";
import { ADMIN_SERVICE, adminHandlers } from "./admin/admin-handlers.ts";
import type { ModelAdministration } from "./admin/model-administration.ts";
import type { HandlerContext } from "./handlers/context.ts";
import { explainHandler } from "./handlers/explain.ts";
import { getModelHandler } from "./handlers/get-model.ts";
import type { Door, Guard } from "./handlers/guard.ts";
import { OPEN_INFERENCE_SERVICE, openInferenceHandlers } from "./handlers/open-inference.ts";
import { scoreHandler } from "./handlers/score.ts";
import { scoreBatchHandler } from "./handlers/score-batch.ts";
import { scoreStreamHandler } from "./handlers/score-stream.ts";
import { addHealth } from "./health.ts";
import { keepConnections } from "./http2-connections.ts";
import { createReflection } from "./reflection.ts";
import type { Lines } from "./scoring/lines.ts";
import { tolerant } from "./tolerant-service.ts";

export const SCORING_SERVICE = "paysecure.scoring.v1.ScoringService";
const HEALTH_SERVICE = "grpc.health.v1.Health";
const VERSION = "1";
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
const METADATA_BYTES = 64 * 1024;

export interface ScorerServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  /** The largest message taken, bytes; a larger one is answered RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number;
  /** Calls at once on one connection; what is more waits at the client. */
  readonly maxStreams: number;
  /** 0: connections may grow old. */
  readonly connectionAgeMs: number;
  /** What a drain waits for calls in flight, milliseconds. */
  readonly drainMs: number;
}

/** What the services are made of. */
export interface ScorerServices {
  readonly context: HandlerContext;
  readonly guard: Guard;
  readonly administration: ModelAdministration;
  /** Aborted when the server begins to drain: streams end after what they have read. */
  readonly draining: AbortController;
}

/** A listening gRPC server. */
export interface ScorerServer {
  readonly port: number;
  /** Tells health checks whether calls would be answered. */
  setServing(serving: boolean): void;
  /** Says NOT_SERVING, takes no new connections or calls, finishes those in flight, then closes. */
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

/** The methods whose call is one message of rows. */
function doorsOf({ scoring, explaining }: Lines): ReadonlyMap<string, Door> {
  return new Map(
    [
      { service: SCORING_SERVICE, method: "Score", admission: scoring.singles },
      { service: SCORING_SERVICE, method: "ScoreBatch", admission: scoring.batches },
      { service: SCORING_SERVICE, method: "Explain", admission: explaining.singles },
      { service: OPEN_INFERENCE_SERVICE, method: "ModelInfer", admission: scoring.batches },
    ].map(({ service, ...door }) => [`/${service}/${door.method}`, door]),
  );
}

/**
 * Starts the scoring, admin and Open Inference services with health and reflection. Health is NOT_SERVING until told
 * otherwise.
 *
 * @throws DomainError `unavailable` when the port is taken
 */
export async function startScorerServer(
  { context, guard, administration, draining }: ScorerServices,
  options: ScorerServerOptions,
): Promise<ScorerServer> {
  const server = new Server({
    "grpc.max_receive_message_length": options.maxMessageBytes,
    "grpc.max_send_message_length": context.maxAnswerBytes,
    "grpc.max_concurrent_streams": options.maxStreams,
    // Nobody asks for channelz here, and it counts every call and message.
    "grpc.enable_channelz": 0,
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_timeout_ms": 10_000,
    interceptors: [guard.doorkeeper(doorsOf(context))],
    ...(options.connectionAgeMs > 0
      ? {
          "grpc.max_connection_age_ms": options.connectionAgeMs,
          "grpc.max_connection_age_grace_ms": options.drainMs,
        }
      : {}),
  });
  const limits = {
    streamBytes: STREAM_WINDOW_BYTES,
    connectionBytes: CONNECTION_WINDOW_BYTES,
    metadataBytes: METADATA_BYTES,
  };
  const connections = keepConnections(server, limits, context.logger);
  const contract = loadContract();
  server.addService(tolerant(rawService(contract)), {
    Score: guard.unary("Score", scoreHandler(context)),
    ScoreBatch: guard.unary("ScoreBatch", scoreBatchHandler(context)),
    ScoreStream: guard.stream("ScoreStream", scoreStreamHandler(context, draining.signal)),
    Explain: guard.unary("Explain", explainHandler(context)),
    GetModel: guard.unary("GetModel", getModelHandler(context)),
  });
  server.addService(
    tolerant(contract[ADMIN_SERVICE] as ServiceDefinition),
    adminHandlers(guard, administration),
  );
  server.addService(
    tolerant(contract[OPEN_INFERENCE_SERVICE] as ServiceDefinition),
    openInferenceHandlers(context, guard, VERSION),
  );
  const services = [SCORING_SERVICE, ADMIN_SERVICE, OPEN_INFERENCE_SERVICE];
  const health = new HealthImplementation();
  const setServing = (serving: boolean): void => {
    for (const service of ["", ...services]) health.setStatus(service, serving ? "SERVING" : "NOT_SERVING");
  };
  setServing(false);
  addHealth(health, server);
  const reflection = createReflection([...services, HEALTH_SERVICE]);
  for (const service of reflection.services) server.addService(service, reflection.implementation);

  const address = `${options.host.includes(":") ? `[${options.host}]` : options.host}:${options.port}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, options.credentials, (error, bound) => {
      if (error) {
        const taken = messageOf(error).includes("EADDRINUSE");
        const why = `cannot listen on ${address}: ${taken ? "the port is taken; set SCORER_PORT to another one" : messageOf(error)}`;
        reject(new DomainError("unavailable", why, { cause: error }));
      } else resolve(bound);
    });
  });
  connections.follow();
  const kill = (): void => {
    server.forceShutdown();
    connections.cutOff();
  };
  return {
    port,
    setServing,
    drain: () => {
      setServing(false);
      draining.abort();
      return new Promise((resolve) => {
        const limit = setTimeout(() => {
          context.logger.error("calls were still in flight when the drain's time was over");
          kill();
          resolve();
        }, options.drainMs);
        server.tryShutdown(() => {
          clearTimeout(limit);
          resolve();
        });
      });
    },
    kill,
  };
}
