import type { ServiceDefinition } from "@grpc/grpc-js";
import { DomainError } from "../platform/process/errors.ts";

/**
 * A service whose requests proto-loader decodes: bytes that are no message become the error that says so, which the
 * handler answers with INVALID_ARGUMENT. grpc-js itself would answer INTERNAL.
 */
export function tolerant(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: orError(method) },
    ]),
  ) as ServiceDefinition;
}

function orError(method: ServiceDefinition[string]): (bytes: Buffer) => unknown {
  return (bytes) => {
    try {
      return method.requestDeserialize(bytes);
    } catch {
      return DomainError.invalid([{ field: "(message)", description: "not a valid protobuf message" }]);
    }
  };
}
