import { DomainError } from "../../platform/process/errors.ts";

/** Something that was taken, and as what; or the words it was refused with. */
export type Outcome<Taken extends object> =
  | ({ readonly taken: string } & Taken)
  | { readonly refused: string };

/** Runs an import; only a refusal about what was given counts as one. */
export async function outcomeOf<Taken extends object>(
  run: () => Promise<{ readonly taken: string } & Taken>,
): Promise<Outcome<Taken>> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DomainError && error.code === "invalid_argument") return { refused: error.message };
    throw error;
  }
}
