import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerDuplexStream,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { DomainError } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { requestIdOf } from "../../platform/process/request-id.ts";
import { toGrpcStatus } from "../contract/status.ts";
import type { Admission } from "../scoring/admission.ts";
import type { Authority, Caller } from "../security/authority.ts";
import { METHOD_RIGHTS, type Method } from "../security/method-rights.ts";
import { WrongKeys } from "../security/wrong-keys.ts";
import type { RequestStatistics } from "../telemetry/request-statistics.ts";
import type { Tracing } from "../telemetry/tracing.ts";

export interface GuardOptions {
  readonly authority: Authority;
  readonly statistics: RequestStatistics;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
}

/** Where the rows of a method's calls have to be let in. */
export interface Door {
  /** The name its calls are counted under. */
  readonly method: string;
  readonly admission: Admission;
}

/** A unary handler behind the guard: knows who calls. */
export type GuardedUnary<Request, Response> = (
  call: ServerUnaryCall<Request, Response>,
  callback: sendUnaryData<Response>,
  caller: KnownCaller,
) => void;

/** A stream's handler behind the guard. */
export type GuardedStream<Request, Response> = (
  call: ServerDuplexStream<Request, Response>,
  caller: KnownCaller,
) => void;

/** A caller with what tells it from others that want the same: its key or, where none tells, its connection. */
export interface KnownCaller extends Caller {
  readonly who: string;
}

const REQUEST_ID = "x-request-id";

/**
 * Stands before every handler: checks the key, counts and times the call, traces it, and logs what failed with a request
 * id that the caller gets too. Nothing of the request itself is logged.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #wrongKeys = new WrongKeys();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** @param method its row of {@link METHOD_RIGHTS} says what it asks for */
  unary<Request, Response>(
    method: Method,
    handler: GuardedUnary<Request, Response>,
  ): handleUnaryCall<Request, Response> {
    const { statistics, tracing } = this.#options;
    const counts = statistics.method(method);
    return (call, callback) => {
      const start = performance.now();
      const span = tracing?.start(method, call.metadata);
      const settle: sendUnaryData<Response> = (error, value, trailer, flags) => {
        const code = call.cancelled ? status.CANCELLED : (error?.code ?? status.OK);
        counts.observe(code, performance.now() - start);
        if (error) this.#explain(method, call.metadata, code, error);
        span?.end(code);
        callback(error, value, trailer, flags);
      };
      try {
        if (call.request instanceof DomainError) throw call.request;
        const admitted = this.#admit(call.metadata, call.getPeer(), method);
        if (!(admitted instanceof Promise)) handler(call, settle, admitted);
        else {
          admitted.then(
            (caller) => handler(call, settle, caller),
            (error: unknown) => settle(toGrpcStatus(error)),
          );
        }
      } catch (error) {
        settle(toGrpcStatus(error));
      }
    };
  }

  stream<Request, Response>(
    method: Method,
    handler: GuardedStream<Request, Response>,
  ): handleBidiStreamingCall<Request, Response> {
    const { statistics, tracing } = this.#options;
    const counts = statistics.method(method);
    return (call) => {
      const start = performance.now();
      const span = tracing?.start(method, call.metadata);
      const refuse = (error: unknown): void => {
        const refusal = toGrpcStatus(error);
        counts.observe(refusal.code, performance.now() - start);
        this.#explain(method, call.metadata, refusal.code, refusal);
        span?.end(refusal.code);
        call.emit("error", Object.assign(new Error(refusal.details), refusal));
      };
      const go = (caller: KnownCaller): void => {
        call.once("close", () => {
          const code = call.cancelled ? status.CANCELLED : status.OK;
          counts.observe(code, performance.now() - start);
          span?.end(code);
        });
        handler(call, caller);
      };
      try {
        const admitted = this.#admit(call.metadata, call.getPeer(), method);
        if (!(admitted instanceof Promise)) go(admitted);
        else admitted.then((caller) => (call.cancelled ? undefined : go(caller)), refuse);
      } catch (error) {
        refuse(error);
      }
    };
  }

  /**
   * Turns calls away before their message is read, while there is no room for even one row: under overload, reading
   * thousands of transactions only to refuse them would take the time that those let in need.
   *
   * @param doors by path: calls that bring rows, each with one message
   */
  doorkeeper(doors: ReadonlyMap<string, Door>): ServerInterceptor {
    const { statistics } = this.#options;
    return ({ path }, call: ServerInterceptingCallInterface) => {
      const door = doors.get(path);
      // The call itself goes on, without a layer around it that each message would pass; grpc-js asks no more of it than
      // this interface, only its type does.
      if (!door?.admission.full) return call as ServerInterceptingCall;
      const { method, admission } = door;
      return new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata) => {
              const refusal = toGrpcStatus(admission.refusal());
              statistics.method(method).observe(refusal.code, 0);
              this.#explain(method, metadata, refusal.code, refusal);
              call.sendStatus(refusal);
            },
          }),
      });
    };
  }

  #admit(metadata: Metadata, peer: string, method: Method): KnownCaller | Promise<KnownCaller> {
    const authorization = metadata.get("authorization")[0];
    const refused = (error: unknown): never => {
      if (authorization !== undefined && DomainError.from(error).code === "unauthenticated") {
        this.#wrongKeys.count(peer);
      }
      throw error;
    };
    try {
      const admitted = this.#options.authority.check(
        typeof authorization === "string" ? authorization : undefined,
        METHOD_RIGHTS[method],
      );
      return admitted instanceof Promise
        ? admitted.then((caller) => known(caller, peer), refused)
        : known(admitted, peer);
    } catch (error) {
      return refused(error);
    }
  }

  /** Gives a failure a request id, for the caller and for the log. */
  #explain(
    method: string,
    metadata: Metadata,
    code: status,
    error: { readonly details?: string; metadata?: Partial<Metadata> | null; readonly cause?: unknown },
  ): void {
    const requestId = requestIdOf(metadata.get(REQUEST_ID)[0]);
    error.metadata?.set?.(REQUEST_ID, requestId);
    const line = { requestId, method, code: status[code] };
    const { logger } = this.#options;
    if (code === status.INTERNAL) logger.error({ ...line, err: error.cause }, "call failed");
    else if (error.cause !== undefined) logger.warn({ ...line, err: error.cause }, "call refused");
    else logger.debug(line, "call refused");
  }
}

function known(caller: Caller, peer: string): KnownCaller {
  if (caller.who !== undefined) return caller as KnownCaller;
  const { id, name } = caller;
  return {
    id,
    name,
    who: peer,
    demand: (right) => caller.demand(right),
    spend: (transactions) => caller.spend(transactions),
  };
}
