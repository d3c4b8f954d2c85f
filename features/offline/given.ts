import { readFile } from "node:fs/promises";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { durationMs } from "../../domain/features/duration.ts";
import { codeOf, DomainError } from "../../platform/process/errors.ts";
import { parseSchema } from "../schema/read.ts";
import type { DecimalSign } from "./mapping.ts";
import { type Zone, zoneOf } from "./zone.ts";

/** What command lines about files of payments are given: `--schema`, `--column`, `--zone`, `--decimal`. */

/**
 * The schema in a file, and its text.
 *
 * @throws DomainError `invalid_argument` when it cannot be read, or with line and column of what is wrong in it
 */
export async function givenSchema(
  file: string,
): Promise<{ readonly schema: ModelSchema; readonly text: string }> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new DomainError("invalid_argument", `${file}: cannot be read (${codeOf(error)})`, { cause: error });
  });
  return { schema: parseSchema(text, file), text };
}

/** Columns by what they are, of `amount=TX_AMOUNT`. @throws DomainError `invalid_argument` */
export function givenColumns(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf("=");
      if (at < 1)
        throw new DomainError("invalid_argument", `--column ${text}: must be e.g. amount=TX_AMOUNT`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** @throws DomainError `invalid_argument` for what is no time zone */
export function givenZone(text: string | undefined): Zone | undefined {
  const zone = text === undefined ? undefined : zoneOf(text);
  if (text !== undefined && !zone) {
    throw new DomainError("invalid_argument", `--zone ${text}: is no time zone: UTC, +02:00, Europe/Prague`);
  }
  return zone;
}

/** @throws DomainError `invalid_argument` for what is neither `point` nor `comma` */
export function givenDecimal(text: string | undefined): DecimalSign | undefined {
  if (text === undefined || text === "point" || text === "comma") return text;
  throw new DomainError("invalid_argument", `--decimal ${text}: must be point or comma`);
}

/** `--label-delay 7d` in milliseconds. @throws DomainError `invalid_argument` */
export function givenDelay(text: string | undefined): number | undefined {
  const delay = text === undefined ? undefined : durationMs(text);
  if (text !== undefined && delay === undefined) {
    throw new DomainError(
      "invalid_argument",
      `--label-delay ${text}: must be a whole number and d, h, m or s, e.g. 7d`,
    );
  }
  return delay;
}
