import {
  type ChannelCredentials,
  type ClientUnaryCall,
  credentials,
  experimental,
  type CallOptions as GrpcCallOptions,
  Metadata,
  makeClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { context, propagation } from "@opentelemetry/api";
import { service as healthService } from "grpc-health-check";
import type { Decision } from "../domain/decision.ts";
import type { Transaction } from "../domain/transaction.ts";
import { DomainError } from "../platform/process/errors.ts";
import type { ScoreBatchResponse__Output } from "../proto/gen/paysecure/scoring/v1/ScoreBatchResponse.ts";
import { contractTypes, loadContract } from "../proto/loader.ts";
import { piecesOf } from "./client/batch-pieces.ts";
import { type BreakerOptions, CircuitBreaker } from "./client/circuit-breaker.ts";
import {
  decisionFromWire,
  explanationFromWire,
  modelFromWire,
  resultFromWire,
  tierToWire,
  transactionToWire,
} from "./client/convert.ts";
import { type ClientTlsPaths, FollowedCertificates } from "./client/followed-certificates.ts";
import { SERVICE_CONFIG } from "./client/service-config.ts";
import { streamResults } from "./client/stream.ts";
import type {
  BatchOptions,
  BatchResult,
  CallOptions,
  ExplainOptions,
  Explanation,
  ModelDescription,
  ScoreOptions,
} from "./client/types.ts";
import { fromGrpcError } from "./contract/status.ts";

export interface ScorerClientOptions {
  /** "host:port", several apart by commas ("10.0.0.1:50051,10.0.0.2:50051"), or a gRPC target ("dns:///scorer:50051"). */
  readonly address: string;
  /** Sent as `authorization: Bearer …` when the server asks for keys. */
  readonly apiKey?: string | undefined;
  /** PEM files, which are followed; left out, the connection is plain text. */
  readonly tls?: ClientTlsOptions | undefined;
  /** Each call's deadline unless it says otherwise, milliseconds. Default 2,000, batches 10,000; streams have none. */
  readonly deadlineMs?: number;
  /** Stops calling a scorer that does not answer. Default: five failures in a row, then a try every second. */
  readonly breaker?: BreakerOptions;
}

export interface ClientTlsOptions extends ClientTlsPaths {
  /** The name in the server's certificate, where the address is another. */
  readonly serverName?: string | undefined;
}

export type Health = "serving" | "not_serving" | "unknown";

/**
 * The scorer as the rest of the house calls it. Every failure is a {@link DomainError} whose message may be shown to a
 * user; what the connection or a library said is its `cause`, for the log.
 */
export interface ScorerClient {
  score(transaction: Transaction, options?: ScoreOptions): Promise<Decision>;
  /**
   * 1 to 10,000 transactions; results in their order, a bad transaction failing alone. More than a message holds, for all
   * the fields of their own, go in several calls, one after the other.
   */
  scoreBatch(transactions: readonly Transaction[], options?: BatchOptions): Promise<BatchResult[]>;
  /** Results in the order of the transactions; reads its input only as fast as results are taken. */
  scoreStream(
    transactions: Iterable<Transaction> | AsyncIterable<Transaction>,
    options?: ScoreOptions,
  ): AsyncIterable<BatchResult>;
  explain(transaction: Transaction, options?: ExplainOptions): Promise<Explanation>;
  getModel(model?: string, options?: Omit<CallOptions, "model">): Promise<ModelDescription>;
  /** @param service left out: the scoring service; "" the whole server */
  health(service?: string, options?: Pick<CallOptions, "deadlineMs">): Promise<Health>;
  /** Waits until health says serving. @throws DomainError `unavailable` after `timeoutMs` */
  waitForReady(timeoutMs: number): Promise<void>;
  close(): void;
}

const DEFAULT_DEADLINE_MS = 2_000;
const DEFAULT_BATCH_DEADLINE_MS = 10_000;
const READY_POLL_MS = 100;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** A trace that the caller is in goes on in the scorer; without OpenTelemetry set up nothing is added. */
const traceSetter = {
  set: (metadata: Metadata, key: string, value: string): void => metadata.set(key, value),
};

const contract = contractTypes(loadContract());
const HealthClient = makeClientConstructor(healthService, "grpc.health.v1.Health");

/** Connects lazily: nothing is sent before the first call. */
export function createScorerClient(options: ScorerClientOptions): ScorerClient {
  const channel = channelCredentials(options.tls);
  const target = toTarget(options.address);
  const channelOptions = {
    "grpc.service_config": JSON.stringify(SERVICE_CONFIG),
    "grpc.service_config_disable_resolution": 1,
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    // A proxy that the machine names for the web (https_proxy) knows nothing of our scorer.
    "grpc.enable_http_proxy": 0,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    ...(options.tls?.serverName === undefined
      ? {}
      : { "grpc.ssl_target_name_override": options.tls.serverName }),
  };
  const client = new contract.paysecure.scoring.v1.ScoringService(target, channel, channelOptions);
  const healthClient = new HealthClient(target, channel, {
    channelOverride: client.getChannel(),
  } as object);

  const breaker = new CircuitBreaker(options.breaker ?? { failures: 5, coolDownMs: 1_000 });
  const metadata = (): Metadata => {
    const result = new Metadata();
    propagation.inject(context.active(), result, traceSetter);
    if (options.apiKey !== undefined) result.set("authorization", `Bearer ${options.apiKey}`);
    return result;
  };
  const callOptions = (deadlineMs: number | undefined): GrpcCallOptions => ({
    deadline: Date.now() + (deadlineMs ?? options.deadlineMs ?? DEFAULT_DEADLINE_MS),
  });
  const call = <T>(
    { deadlineMs, signal }: CallOptions,
    send: (
      metadata: Metadata,
      options: GrpcCallOptions,
      done: (error: ServiceError | null, value?: T) => void,
    ) => ClientUnaryCall,
  ): Promise<T> =>
    breaker.run(() => unary(signal, (done) => send(metadata(), callOptions(deadlineMs), done)));

  const health: ScorerClient["health"] = async (
    service = "paysecure.scoring.v1.ScoringService",
    { deadlineMs } = {},
  ) => {
    const answer = await unary<{ status: string }>(undefined, (done) =>
      (
        healthClient as unknown as {
          check(
            request: { service: string },
            metadata: Metadata,
            options: GrpcCallOptions,
            done: unknown,
          ): ClientUnaryCall;
        }
      ).check({ service }, metadata(), callOptions(deadlineMs), done),
    );
    if (answer.status === "SERVING") return "serving";
    return answer.status === "NOT_SERVING" ? "not_serving" : "unknown";
  };

  return {
    async score(transaction, given = {}) {
      const request = {
        transaction: transactionToWire(transaction),
        explain: given.explain ?? false,
        record: given.record ?? false,
        model: given.model ?? "",
        withFeatures: given.withFeatures ?? false,
      };
      return decisionFromWire(await call(given, (m, o, done) => client.score(request, m, o, done)));
    },

    async scoreBatch(transactions, given = {}) {
      const asked = {
        record: given.record ?? false,
        model: given.model ?? "",
        explainFromTier: tierToWire(given.explainFrom),
        withFeatures: given.withFeatures ?? false,
      };
      const pieces = piecesOf(transactions.map(transactionToWire));
      // None at all is for the scorer to refuse.
      if (pieces.length === 0) pieces.push([]);
      const until = performance.now() + (given.deadlineMs ?? options.deadlineMs ?? DEFAULT_BATCH_DEADLINE_MS);
      const answered: BatchResult[] = [];
      for (const piece of pieces) {
        const request = { ...asked, transactions: piece };
        const deadlineMs = Math.max(1, until - performance.now());
        const { results } = await call<ScoreBatchResponse__Output>({ ...given, deadlineMs }, (m, o, done) =>
          client.scoreBatch(request, m, o, done),
        );
        if (results.length !== piece.length) {
          throw new DomainError(
            "internal",
            `the scorer answered ${results.length} of ${piece.length} transactions`,
          );
        }
        for (const result of results) answered.push(resultFromWire(result));
      }
      return answered;
    },

    scoreStream(transactions, given = {}) {
      const options: GrpcCallOptions =
        given.deadlineMs === undefined ? {} : { deadline: Date.now() + given.deadlineMs };
      return streamResults(() => client.scoreStream(metadata(), options), transactions, given);
    },

    async explain(transaction, given = {}) {
      const request = {
        transaction: transactionToWire(transaction),
        model: given.model ?? "",
        top: given.top ?? 0,
        features: [...(given.features ?? [])],
      };
      return explanationFromWire(await call(given, (m, o, done) => client.explain(request, m, o, done)));
    },

    async getModel(model = "", given = {}) {
      return modelFromWire(await call(given, (m, o, done) => client.getModel({ model }, m, o, done)));
    },

    health,

    async waitForReady(timeoutMs) {
      const until = Date.now() + timeoutMs;
      let last = "nothing answered";
      while (Date.now() < until) {
        try {
          const state = await health(undefined, { deadlineMs: Math.min(1_000, until - Date.now()) });
          if (state === "serving") return;
          last = `health is ${state}`;
        } catch (error) {
          last = DomainError.from(error).message;
        }
        await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
      }
      throw new DomainError("unavailable", `the scorer was not ready after ${timeoutMs} ms: ${last}`);
    },

    close: () => client.close(),
  };
}

function unary<T>(
  signal: AbortSignal | undefined,
  send: (done: (error: ServiceError | null, value?: T) => void) => ClientUnaryCall,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new DomainError("cancelled", "the call was cancelled", { cause: signal.reason }));
      return;
    }
    const abort = (): void => sent.cancel();
    const sent = send((error, value) => {
      signal?.removeEventListener("abort", abort);
      if (error) reject(fromGrpcError(error));
      else resolve(value as T);
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** @throws the system's error when a file cannot be read */
function channelCredentials(tls: ClientTlsOptions | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const files = new FollowedCertificates(tls);
  return experimental.createCertificateProviderChannelCredentials(
    files,
    tls.cert === undefined ? null : files,
  );
}

/** A gRPC target; several addresses become one `ipv4:` target. */
function toTarget(address: string): string {
  return address.includes(",") ? `ipv4:${address.replaceAll(" ", "")}` : address;
}
