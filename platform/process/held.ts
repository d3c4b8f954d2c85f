/**
 * What `ask` answers, asked at most once in so many milliseconds and once at a time however many want to know: what is
 * asked often from outside costs the neighbours little. A failure is held as long as an answer.
 */
export function heldFor<T>(holdsMs: number, ask: () => Promise<T>): () => Promise<T> {
  let held: { readonly answer: Promise<T>; until: number } | undefined;
  return () => {
    if (held && performance.now() < held.until) return held.answer;
    const now: { readonly answer: Promise<T>; until: number } = {
      answer: ask(),
      until: Number.POSITIVE_INFINITY,
    };
    const settled = (): void => {
      now.until = performance.now() + holdsMs;
    };
    now.answer.then(settled, settled);
    held = now;
    return now.answer;
  };
}
