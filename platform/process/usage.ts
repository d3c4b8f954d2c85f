import { messageOf } from "./errors.ts";

/** A command line that is none: with words for what is wrong in it, or without for how it is used. */
export class UsageError extends Error {}

/**
 * Runs a command of the command line. What it throws is told on stderr in a line, or by how the command is used; the exit
 * code is 2 for a command line that is none, 1 for what went wrong.
 *
 * @param usage how the command is used
 */
export async function runOrSayUsage(usage: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const wrong =
      error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    process.stderr.write(
      error instanceof UsageError && error.message === "" ? usage : `${messageOf(error)}\n`,
    );
    process.exitCode = wrong ? 2 : 1;
  }
}
