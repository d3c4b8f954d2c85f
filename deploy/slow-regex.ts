import { parse } from "@babel/parser";
import { analyse } from "scslre";

/** A regular expression in source code that should not be there. */
export interface SlowRegex {
  readonly line: number;
  /** As it is written. */
  readonly literal: string;
  readonly why: string;
}

const WHY = {
  Trade: "two of its repetitions can take the same characters, and are tried in every way of sharing them",
  Self: "a repetition in it repeats itself, and is tried in every way of sharing the characters",
  Move: "it begins again at each character of a run that it reads to the end each time",
} as const;

/** A token of Babel's; its types say `any`. */
interface Token {
  readonly type: { readonly label: string };
  readonly value?: unknown;
  readonly loc: { readonly start: { readonly line: number } };
}

/**
 * Finds regular expressions that may take more time than the text they look at is long: one text from a caller would
 * stop the process (CWE-1333). Those that are put together at run time cannot be judged, and are found too.
 *
 * @param code TypeScript or JavaScript, JSX as well
 */
export function slowRegexes(code: string): SlowRegex[] {
  const parsed = parse(code, { sourceType: "module", plugins: ["typescript", "jsx"], tokens: true });
  const tokens = (parsed.tokens ?? []) as readonly Token[];
  return tokens.flatMap(({ type, value, loc }, index): SlowRegex[] => {
    const { line } = loc.start;
    if (type.label === "regexp") {
      const { pattern, flags } = value as { readonly pattern: string; readonly flags: string };
      const [report] = analyse({ source: pattern, flags }).reports;
      return report ? [{ line, literal: `/${pattern}/${flags}`, why: WHY[report.type] }] : [];
    }
    if (value === "RegExp" && tokens[index + 1]?.type.label === "(") {
      return [
        { line, literal: "RegExp(…)", why: "it is put together at run time, where nobody has judged it" },
      ];
    }
    return [];
  });
}
