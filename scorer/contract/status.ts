import { type Metadata, Metadata as MetadataClass, type StatusObject, status } from "@grpc/grpc-js";
import { DomainError, type ErrorCode, type FieldViolation } from "../../platform/process/errors.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { FAILURE_WORDS, OTHER_WORDS } from "./failure-words.ts";

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
/**
 * Trailers are small (grpc-java and grpc's C core take 8 KB of them): a request with thousands of wrong fields, or with
 * megabytes in one that the error names, must not outgrow them. Bytes, before base64 adds a third.
 */
const MAX_VIOLATIONS_BYTES = 3_500;
const MAX_MESSAGE_BYTES = 500;
const MAX_FIELD_BYTES = 120;
const MAX_DESCRIPTION_BYTES = 250;
/** Keys and lengths of a violation and its two strings. */
const VIOLATION_OVERHEAD_BYTES = 8;

const { rpc } = contractTypes(loadContract()).google;
const TYPE_URL = "type.googleapis.com/google.rpc.";

interface StatusProto {
  code: number;
  message: string;
  details: { type_url: string; value: Buffer }[];
}

/**
 * At most so many bytes of UTF-8, cut between characters, half surrogates replaced: grpc-js puts a status's message
 * through `encodeURI`, which throws at them, past everybody who could catch it.
 */
function wireText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text.slice(0, maxBytes));
  let end = Math.min(maxBytes, bytes.length);
  while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

/** As many violations as there is room for, the first ones. */
function wireViolations(violations: readonly FieldViolation[], maxBytes: number): FieldViolation[] {
  const taken: FieldViolation[] = [];
  let bytes = 0;
  for (const violation of violations) {
    const field = wireText(violation.field, MAX_FIELD_BYTES);
    const description = wireText(violation.description, MAX_DESCRIPTION_BYTES);
    bytes += Buffer.byteLength(field) + Buffer.byteLength(description) + VIOLATION_OVERHEAD_BYTES;
    if (bytes > maxBytes) break;
    taken.push({ field, description });
  }
  return taken;
}

/**
 * The google.rpc.Status of an error, as batch results carry it.
 *
 * @param maxViolationsBytes room for the fields that are wrong; the message names the first of them anyway
 */
export function toStatusProto(
  error: DomainError,
  maxViolationsBytes = Number.POSITIVE_INFINITY,
): StatusProto {
  const details: StatusProto["details"] = [];
  const room = Math.min(maxViolationsBytes, MAX_VIOLATIONS_BYTES);
  const fieldViolations = wireViolations(error.violations, room);
  if (fieldViolations.length > 0) {
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
  return { code: CODES[error.code], message: wireText(error.message, MAX_MESSAGE_BYTES), details };
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
  // Also without details: it is by this that a client tells the scorer's words from those of a library on the way.
  metadata.set(DETAILS_KEY, rpc.Status.serialize(proto));
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

/** In grpc-js's INTERNAL when a connection has ended in the middle of a call: nobody has answered, another try may help. */
const CUT_OFF = /RST_STREAM|Session closed/;

/**
 * The DomainError that a failed call stands for; `cause` is what grpc-js said, whose own words name addresses ("connect
 * ECONNREFUSED 10.0.0.1:50051"), which is for the log. Anything that is no gRPC error becomes `internal`.
 */
export function fromGrpcError(thrown: unknown): DomainError {
  if (!isStatus(thrown)) return DomainError.from(thrown);
  const raw = thrown.metadata?.get(DETAILS_KEY)[0];
  try {
    if (Buffer.isBuffer(raw)) return fromStatusProto(rpc.Status.deserialize(raw), thrown);
  } catch {
    // Details that do not parse are no reason to lose the code.
  }
  const cutOff = thrown.code === status.INTERNAL && CUT_OFF.test(thrown.details);
  const code = cutOff ? "unavailable" : (FROM_STATUS.get(thrown.code) ?? "internal");
  return new DomainError(code, FAILURE_WORDS[code]?.message ?? OTHER_WORDS, { cause: thrown });
}

function isStatus(thrown: unknown): thrown is { code: number; details: string; metadata?: Metadata } {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { code, details } = thrown as { code?: unknown; details?: unknown };
  return typeof code === "number" && typeof details === "string";
}
