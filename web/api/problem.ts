import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { isDatabaseAway } from "../../pipeline/store/failure.ts";
import { DomainError, type ErrorCode } from "../../platform/process/errors.ts";

/** The one mapping of the house's failures to HTTP. 499 is nginx's "client closed request". */
const STATUS: Record<ErrorCode, ContentfulStatusCode> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  resource_exhausted: 429,
  deadline_exceeded: 504,
  cancelled: 499 as ContentfulStatusCode,
  unavailable: 503,
  internal: 500,
};

const TITLE: Record<ErrorCode, string> = {
  invalid_argument: "The request is not valid",
  unauthenticated: "Not signed in",
  permission_denied: "Not allowed",
  not_found: "Not found",
  conflict: "Somebody was faster",
  resource_exhausted: "Too many requests",
  deadline_exceeded: "It took too long",
  cancelled: "Cancelled",
  unavailable: "Not available right now",
  internal: "Something went wrong on our side",
};

/** The body of every failed API call (RFC 9457), with the wrong fields named. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  /** Stable, for programs. */
  readonly code: ErrorCode | "http_error";
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  /** The id to give when asking for help; the log line carries it too. */
  readonly request_id?: string;
}

/** A failure ready for the wire. */
export interface HttpFailure {
  readonly status: ContentfulStatusCode;
  readonly headers: Record<string, string>;
  readonly problem: Problem;
}

/** A refusal by the rules of HTTP, with words of ours and what the rules ask to be said beside them. */
export class Refusal extends HTTPException {
  readonly headers: Readonly<Record<string, string>>;

  /** @param message for the caller */
  constructor(status: RefusedStatus, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(status, { message });
    this.headers = headers;
  }
}

type RefusedStatus = 400 | 403 | 405 | 413 | 415 | 422 | 504;

const REFUSED: Record<RefusedStatus, readonly [title: string, detail: string]> = {
  400: ["Not understood", "the request cannot be read"],
  403: ["Refused", "the request came from another site"],
  405: ["Not done here", "this address knows other methods"],
  413: ["Too large", "the body is larger than this address takes"],
  415: ["Another format is needed", "the body's format is not known here"],
  422: ["Not to be processed", "the request contradicts another one"],
  504: ["It took too long", "there was no answer in time; try again"],
};

/** Whether something thrown is a refusal by the rules of HTTP, ours or hono's. */
export function isRefusal(error: unknown): error is HTTPException & { readonly status: RefusedStatus } {
  return error instanceof HTTPException && error.status in REFUSED;
}

/** What the platform says of a form that is none; it has no class of its own. */
const NO_FORM = "Failed to parse body as FormData.";

/** The house's error for anything thrown; a database that is away is nobody's mistake and passes. */
export function domainErrorOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (isDatabaseAway(error)) {
    return new DomainError("unavailable", "the database does not answer right now; try again", {
      cause: error,
      retryAfterMs: 2_000,
    });
  }
  if (error instanceof TypeError && error.message === NO_FORM) {
    return DomainError.invalid([{ field: "body", description: "is not a valid form" }]);
  }
  return DomainError.from(error);
}

/**
 * Anything thrown as an HTTP failure: a DomainError by its code, refusals (413, 403 of CSRF …) by their status, a
 * library's in words of ours; everything else as a 500 that gives nothing away.
 */
export function toHttpFailure(error: unknown, requestId?: string): HttpFailure {
  const id = requestId === undefined ? {} : { request_id: requestId };
  if (isRefusal(error)) {
    const [title, detail] = REFUSED[error.status];
    const own = error instanceof Refusal ? error : undefined;
    return {
      status: error.status,
      headers: { ...own?.headers },
      problem: {
        type: "about:blank",
        title,
        status: error.status,
        code: "http_error",
        detail: own?.message ?? detail,
        ...id,
      },
    };
  }
  const known = domainErrorOf(error);
  const status = STATUS[known.code];
  const headers: Record<string, string> = {};
  if (known.retryAfterMs !== undefined) {
    headers["Retry-After"] = String(Math.max(1, Math.ceil(known.retryAfterMs / 1_000)));
  }
  if (status === 401) headers["WWW-Authenticate"] = 'Bearer realm="paysecure"';
  const errors = known.violations.map((v) => ({ field: v.field, message: v.description }));
  return {
    status,
    headers,
    problem: {
      type: "about:blank",
      title: TITLE[known.code],
      status,
      code: known.code,
      detail: known.message,
      ...(errors.length > 0 ? { errors } : {}),
      ...id,
    },
  };
}
