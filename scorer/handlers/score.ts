import type { Deadline, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { toGrpcStatus } from "../contract/status.ts";
import type { HandlerContext } from "./context.ts";
import type { GuardedUnary } from "./guard.ts";
import { type Sink, submitScore } from "./single-score.ts";

/** `Score`: one transaction, batched with whatever else waits. */
export function scoreHandler(context: HandlerContext): GuardedUnary<Buffer, Buffer> {
  return (call, callback, caller) => {
    submitScore(context, caller, call.request, new UnarySink(call, callback));
  };
}

class UnarySink implements Sink {
  readonly #call: ServerUnaryCall<Buffer, Buffer>;
  readonly #callback: sendUnaryData<Buffer>;

  constructor(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
    this.#call = call;
    this.#callback = callback;
  }

  get gone(): boolean {
    return this.#call.cancelled;
  }

  get deadline(): Deadline {
    return this.#call.getDeadline();
  }

  answered(response: Buffer): void {
    this.#callback(null, response);
  }

  failed(error: unknown): void {
    this.#callback(toGrpcStatus(error));
  }
}
