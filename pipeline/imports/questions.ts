import { createInterface } from "node:readline/promises";
import { DomainError } from "../../platform/process/errors.ts";

/** Where a person is asked: standard error, so that results can be piped on. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Asks until the answer is one that `read` takes; `read` throws a DomainError about one that is not. */
export async function ask<T>(question: string, read: (answer: string) => T | undefined): Promise<T> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = (await lines.question(`${question} `)).trim();
      try {
        const value = read(answer);
        if (value !== undefined) return value;
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        process.stderr.write(`${error.message}\n`);
      }
    }
  } finally {
    lines.close();
  }
}

/** Yes or no. */
export async function agree(question: string): Promise<boolean> {
  return ask(`${question} (yes/no)`, (answer) => {
    if (/^y(es)?$/i.test(answer)) return true;
    return /^no?$/i.test(answer) ? false : undefined;
  });
}
