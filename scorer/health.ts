import type { Server, ServerUnaryCall, ServerWritableStream, sendUnaryData } from "@grpc/grpc-js";
import type { HealthImplementation } from "grpc-health-check";
import { DomainError } from "../platform/process/errors.ts";
import { toGrpcStatus } from "./contract/status.ts";
import { tolerant } from "./tolerant-service.ts";

interface Question {
  readonly service: string;
}

type Unary = (call: ServerUnaryCall<Question | DomainError, object>, done: sendUnaryData<object>) => void;
type Watch = (call: ServerWritableStream<Question | DomainError, object>) => void;

/** No service has a name near as long; grpc-health-check would keep it and say it back. */
const MAX_NAME = 200;

/**
 * Adds grpc.health.v1.Health to the server. What is no such question is answered with INVALID_ARGUMENT before
 * grpc-health-check sees it, which answers with whatever it was sent.
 */
export function addHealth(health: HealthImplementation, server: Server): void {
  const collect: Pick<Server, "addService"> = {
    addService(definition, implementation) {
      const { check, watch, list } = implementation as unknown as {
        check: Unary;
        watch: Watch;
        list: Unary;
      };
      const checked: Unary = (call, done) => {
        const wrong = faultOf(call.request);
        if (wrong) done(toGrpcStatus(wrong));
        else check(call, done);
      };
      const watched: Watch = (call) => {
        const wrong = faultOf(call.request);
        if (wrong) call.emit("error", Object.assign(new Error(wrong.message), toGrpcStatus(wrong)));
        else watch(call);
      };
      server.addService(tolerant(definition), { check: checked, watch: watched, list });
    },
  };
  health.addToServer(collect as Server);
}

function faultOf(question: Question | DomainError): DomainError | undefined {
  if (question instanceof DomainError) return question;
  if (question.service.length <= MAX_NAME) return undefined;
  return DomainError.invalid([{ field: "service", description: `must be at most ${MAX_NAME} characters` }]);
}
