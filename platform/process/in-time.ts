/**
 * What is not done in time fails; it may still be done later, so it must be something that may be done twice.
 *
 * @param what what was waited for, for the error
 */
export async function inTime<T>(work: Promise<T>, limitMs: number, what?: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what === undefined ? "" : `${what} `}took longer than ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
