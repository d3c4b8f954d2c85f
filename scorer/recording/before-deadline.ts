/** What an answer keeps of the caller's time for its own way, milliseconds. */
const WAY_BACK_MS = 50;
/** Longer than Redis is waited for anyway: no timer is needed then. */
const FAR_MS = 2_000;

/**
 * Waits for decisions to be recorded, but no longer than the caller waits for the answer: a score that is known is worth
 * more than a DEADLINE_EXCEEDED.
 *
 * @param taken settles when it is known of all of them whether Redis has them
 * @param deadline of the call; a number is milliseconds since 1970
 * @returns what `taken` gives; undefined when the caller's time is nearly over
 */
export async function beforeDeadline<T>(taken: Promise<T>, deadline: Date | number): Promise<T | undefined> {
  const left = Number(deadline) - Date.now() - WAY_BACK_MS;
  if (left > FAR_MS) return await taken;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, left), undefined);
  });
  try {
    return await Promise.race([taken, over]);
  } finally {
    clearTimeout(timer);
  }
}
