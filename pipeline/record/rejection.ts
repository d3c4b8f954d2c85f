import type { z } from "zod";
import { DomainError } from "../../platform/process/errors.ts";
import type { NewDeadLetter } from "../store/dead-letters.ts";

/** What is kept about something that could not be decided. */
export function deadLetter(
  job: { readonly queue: string; readonly id: string },
  position: number,
  payload: unknown,
  error: DomainError,
  source: string | null,
): NewDeadLetter {
  const object = typeof payload === "object" && payload !== null ? payload : { value: payload };
  const id = "transactionId" in object ? object.transactionId : null;
  return {
    queue: job.queue,
    jobId: job.id,
    position,
    transactionId: typeof id === "string" ? id : null,
    source,
    errorCode: error.code,
    error: error.message,
    payload: object,
  };
}

/** `invalid_argument` that names each field zod refused. */
export function invalidFields({ issues }: z.ZodError): DomainError {
  return DomainError.invalid(
    issues.map(({ path, message }) => ({
      field: path.map(String).join(".") || "value",
      description: message,
    })),
  );
}
