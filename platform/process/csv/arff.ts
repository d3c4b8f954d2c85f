import { isBlank, quoted, readable, splitFields, unquote } from "./text.ts";

const ATTRIBUTE = /^@attribute\s+('[^']*'|"[^"]*"|[^\s'"]+)\s+\S/i;

/** What stands before the rows of an ARFF file (Weka's, as OpenML keeps its data sets), and how its rows are written. */
export class ArffHead {
  readonly names: string[] = [];

  /** Whether an ARFF file begins with a line, but for comments. */
  static begins(line: string): boolean {
    return /^@relation\b/i.test(line.trimStart());
  }

  /** @returns whether the rows begin behind the line; what is wrong with it, in words */
  add(line: string): boolean | string {
    const text = line.trim();
    if (isBlank(text) || text.startsWith("%") || ArffHead.begins(text)) return false;
    if (/^@data$/i.test(text)) return true;
    const name = ATTRIBUTE.exec(text)?.[1];
    if (name === undefined) return `${quoted(line)} is no @ATTRIBUTE NAME TYPE of an ARFF file`;
    this.names.push(readable(bare(name)));
    return false;
  }

  /** The fields of a row; what is not known ("?") is empty. */
  fields(line: string): string[] | undefined {
    const sign = line.includes('"') ? '"' : "'";
    return splitFields(line, ",", sign)?.map((field) => {
      const text = bare(unquote(field));
      return text === "?" ? "" : text;
    });
  }
}

function bare(text: string): string {
  return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text;
}
