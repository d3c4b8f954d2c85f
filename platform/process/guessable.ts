/** The shortest key that is taken, characters. */
const SHORTEST = 24;
const FEWEST_DIFFERENT = 8;
/** What must be left of a key when each piece that a guesser tries counts as one character. */
const FEWEST_LEFT = 12;

/** What people put where a secret belongs, and rows of a keyboard. */
const TRIED_FIRST =
  /change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this)|pass(?:word|wort|w0rd|phrase)|p@ssw0rd|secret|letmein|welcome|default|example|placeholder|insert|your|admin|paysecure|dummy|token|test|qwert[yz](?:uiop)?|asdf(?:ghjkl)?|[yz]xcv(?:bnm)?/g;

/**
 * Why a secret that somebody chose could be guessed. A rough measure against `changeme` and its like; a key that a machine
 * made passes it.
 *
 * @returns words that follow the secret's name; undefined when it is good enough
 */
export function guessable(secret: string): string | undefined {
  if (secret.length < SHORTEST) return `has ${secret.length} characters; at least ${SHORTEST} are needed`;
  if (new Set(secret).size < FEWEST_DIFFERENT) {
    return `has fewer than ${FEWEST_DIFFERENT} different characters, and can be guessed`;
  }
  const left = withoutRuns(oncePerPeriod(secret.toLowerCase().replaceAll(TRIED_FIRST, "\u0000")));
  return left < FEWEST_LEFT
    ? "is made of words, rows or repetitions that are tried first, and can be guessed"
    : undefined;
}

/** `abcabcabc` as `abc`: the shortest beginning that the text repeats (the prefix function of Knuth, Morris and Pratt). */
function oncePerPeriod(text: string): string {
  const border = new Array<number>(text.length).fill(0);
  for (let i = 1; i < text.length; i++) {
    let k = border[i - 1] as number;
    while (k > 0 && text[i] !== text[k]) k = border[k - 1] as number;
    border[i] = text[i] === text[k] ? k + 1 : k;
  }
  const period = text.length - (border.at(-1) ?? 0);
  return period * 2 <= text.length ? text.slice(0, period) : text;
}

/** The number of characters, each run (`aaaa`, `abcd`, `4321`) counted as two: where it begins and where it leads. */
function withoutRuns(text: string): number {
  let left = 0;
  let lastStep: number | undefined;
  for (let i = 0; i < text.length; i++) {
    const step = i === 0 ? undefined : text.charCodeAt(i) - text.charCodeAt(i - 1);
    const goesOn = step !== undefined && Math.abs(step) <= 1 && step === lastStep;
    if (!goesOn) left++;
    lastStep = step;
  }
  return left;
}
