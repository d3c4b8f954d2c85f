import type { ErrorCode } from "../../platform/process/errors.ts";

/** How a failure of the way to the scorer is put, which nobody on that way has put into words of ours. */
export interface FailureWords {
  /** For whoever calls the scorer. */
  readonly message: string;
  /**
   * For whoever called a door in front of the scorer: what concerns only the door and the scorer (a missing
   * SCORER_API_KEY) is another failure to them.
   */
  readonly atTheDoor: { readonly code: ErrorCode; readonly message: string };
}

/** What is said where there are no other words. */
export const OTHER_WORDS = "the scorer could not answer";

const CANNOT_BE_USED = {
  code: "unavailable",
  message: "the scorer cannot be used right now; try again later",
} as const;

/** Failures of the way to the scorer. The codes that are not here are about the request, and in the scorer's own words. */
export const FAILURE_WORDS: Partial<Record<ErrorCode, FailureWords>> = {
  unavailable: {
    message: "the scorer cannot be reached",
    atTheDoor: { code: "unavailable", message: "the scorer does not answer right now; try again" },
  },
  deadline_exceeded: {
    message: "the scorer did not answer in time",
    atTheDoor: { code: "deadline_exceeded", message: "the scorer took too long; try again" },
  },
  cancelled: {
    message: "the call was cancelled",
    atTheDoor: { code: "cancelled", message: "the call was cancelled" },
  },
  resource_exhausted: {
    message: "the scorer is busy, or the message was larger than it takes",
    atTheDoor: {
      code: "resource_exhausted",
      message: "the scorer has too much to do right now; try again",
    },
  },
  unauthenticated: { message: "the scorer does not know who calls", atTheDoor: CANNOT_BE_USED },
  permission_denied: { message: "the scorer does not allow this call", atTheDoor: CANNOT_BE_USED },
  internal: {
    message: OTHER_WORDS,
    atTheDoor: { code: "internal", message: "the scorer failed" },
  },
};
