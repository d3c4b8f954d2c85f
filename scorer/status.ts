import { type Metadata, Metadata as MetadataClass, type StatusObject, status } from "@grpc/grpc-js";
import { DomainError, type ErrorCode, type FieldViolation } from "../platform/errors.ts";
import { contractTypes, loadContract } from "../proto/loader.ts";

/**
 * The one mapping between {@link DomainError} and gRPC status, both ways, with google.rpc details in
 * `grpc-status-details-bin` (https://cloud.google.com/apis/design/errors).
 */
const CODES: Readonly<Record<ErrorCode, status>> = {
  invalid_argument: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  permission_denied: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  conflict: status.ABORTED,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  cancelled: status.CANCELLED,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
};

const FROM_STATUS = new Map<status, ErrorCode>([
  ...Object.entries(CODES).map(([code, value]) => [value, code as ErrorCode] as const),
  [status.ALREADY_EXISTS, "conflict"],
  [status.FAILED_PRECONDITION, "conflict"],
  [status.OUT_OF_RANGE, "invalid_argument"],
]);

const DETAILS_KEY = "grpc-status-details-bin";
/** gRPC's answer to a client that pushes too hard: how long its retry policy must wait (gRFC A6). */
const PUSHBACK_KEY = "grpc-retry-pushback-ms";
/** HTTP/2 header blocks are small: a request with thousands of wrong fields must not outgrow them. */
const MAX_VIOLATIONS = 50;
const MAX_MESSAGE_LENGTH = 500;

const { rpc } = contractTypes(loadContract()).google;
const TYPE_URL = "type.googleapis.com/google.rpc.";

interface StatusProto {
  code: number;
  message: string;
  details: { type_url: string; value: Buffer }[];
}

/** The google.rpc.Status of an error, as batch results carry it. */
export function toStatusProto(error: DomainError): StatusProto {
  const details: StatusProto["details"] = [];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.slice(0, MAX_VIOLATIONS).map((v) => ({ ...v }));
    details.push({
      type_url: `${TYPE_URL}BadRequest`,
      value: rpc.BadRequest.serialize({ fieldViolations }),
    });
  }
  if (error.retryAfterMs !== undefined) {
    const retryDelay = {
      seconds: Math.floor(error.retryAfterMs / 1000),
      nanos: Math.round((error.retryAfterMs % 1000) * 1e6),
    };
    details.push({ type_url: `${TYPE_URL}RetryInfo`, value: rpc.RetryInfo.serialize({ retryDelay }) });
  }
  return { code: CODES[error.code], message: error.message.slice(0, MAX_MESSAGE_LENGTH), details };
}

/** What a handler gives grpc-js for anything thrown; only a {@link DomainError}'s message leaves the process. */
export function toGrpcStatus(thrown: unknown): Pick<StatusObject, "code" | "details"> & {
  metadata: Metadata;
  /** For the log; grpc-js does not send it. */
  cause: unknown;
} {
  const error = DomainError.from(thrown);
  const metadata = new MetadataClass();
  const proto = toStatusProto(error);
  if (proto.details.length > 0) metadata.set(DETAILS_KEY, rpc.Status.serialize(proto));
  if (error.retryAfterMs !== undefined) metadata.set(PUSHBACK_KEY, String(Math.ceil(error.retryAfterMs)));
  return { code: proto.code, details: proto.message, metadata, cause: error.cause };
}

/** The DomainError that a google.rpc.Status stands for. */
export function fromStatusProto(
  proto: {
    readonly code: number;
    readonly message: string;
    readonly details: readonly { type_url: string; value: Buffer }[];
  },
  cause?: unknown,
): DomainError {
  let violations: FieldViolation[] = [];
  let retryAfterMs: number | undefined;
  for (const detail of proto.details) {
    if (detail.type_url === `${TYPE_URL}BadRequest`) {
      violations = rpc.BadRequest.deserialize(detail.value).fieldViolations.map((v) => ({
        field: v.field,
        description: v.description,
      }));
    } else if (detail.type_url === `${TYPE_URL}RetryInfo`) {
      const delay = rpc.RetryInfo.deserialize(detail.value).retryDelay;
      if (delay) retryAfterMs = Number(delay.seconds) * 1000 + delay.nanos / 1e6;
    }
  }
  return new DomainError(FROM_STATUS.get(proto.code) ?? "internal", proto.message, {
    violations,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The DomainError that a failed call stands for; anything that is no gRPC error becomes `internal`. */
export function fromGrpcError(thrown: unknown): DomainError {
  if (!isStatus(thrown)) return DomainError.from(thrown);
  const raw = thrown.metadata?.get(DETAILS_KEY)[0];
  try {
    if (Buffer.isBuffer(raw)) return fromStatusProto(rpc.Status.deserialize(raw), thrown);
  } catch {
    // Details that do not parse are no reason to lose the code and the message.
  }
  return fromStatusProto({ code: thrown.code, message: thrown.details, details: [] }, thrown);
}

function isStatus(thrown: unknown): thrown is { code: number; details: string; metadata?: Metadata } {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { code, details } = thrown as { code?: unknown; details?: unknown };
  return typeof code === "number" && typeof details === "string";
}
