/** Bytes that were read as latin1, as the text they are: UTF-8, or else what Windows writes. */
export function readable(latin1: string): string {
  const bytes = Buffer.from(latin1, "latin1");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return latin1.replaceAll(/[\u0080-\u009f]/g, (sign) => WINDOWS_SIGNS[sign.charCodeAt(0) - 0x80] ?? sign);
  }
}

/** The signs from 0x80 to 0x9f of windows-1252, which Node's TextDecoder takes for those of latin1. */
const WINDOWS_SIGNS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** What a message repeats of a file, never more than fits a line. */
export function quoted(latin1: string): string {
  const text = readable(latin1).trim();
  return `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`;
}

/** The fields of a line; what parts them parts nothing inside quotes. Undefined when a quote does not close. */
export function splitFields(line: string, separator = ",", quote = '"'): string[] | undefined {
  if (!line.includes(quote)) return line.split(separator);
  const fields: string[] = [];
  const sign = separator.charCodeAt(0);
  const mark = quote.charCodeAt(0);
  let start = 0;
  let open = false;
  for (let i = 0; i <= line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === mark) open = !open;
    else if (i === line.length || (code === sign && !open)) {
      fields.push(line.slice(start, i));
      start = i + 1;
    }
  }
  return open ? undefined : fields;
}

/** A field without blanks around it, and without the double quotes around those. */
export function unquote(field: string): string {
  // ASCII only: a byte of a longer sign may look like a blank of latin1.
  const blank = (at: number): boolean => " \t\r".includes(field.charAt(at));
  let start = 0;
  let end = field.length;
  while (start < end && blank(start)) start++;
  while (end > start && blank(end - 1)) end--;
  const text = field.slice(start, end);
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** What a field says: {@link unquote}, but for those that have neither quotes nor blanks around them, as nearly all. */
export function fieldText(field: string): string {
  const first = field.charCodeAt(0);
  const bare = first !== 34 && !(first <= 32) && !(field.charCodeAt(field.length - 1) <= 32);
  return bare ? field : unquote(field);
}

/** Nothing but blanks and what parts fields, as spreadsheets leave behind the last row. */
export function isBlank(line: string, separator = ","): boolean {
  const first = line.charCodeAt(0);
  if (line === "") return true;
  if (first > 32 && first !== separator.charCodeAt(0)) return false;
  return line.replaceAll(separator, "").trim() === "";
}

/** What a line that is no row may be, to be said in a message; undefined when nothing is known of it. */
export function foreignLine(line: string): string | undefined {
  const text = line.trimStart();
  if (/^(#|%|\/\/)/.test(text)) return `a comment, ${quoted(line)}: leave the line out`;
  if (/^sep=/i.test(text))
    return `Excel's note of a separator that is not known, ${quoted(line)}: leave it out`;
  if (/^[[{]/.test(text)) return "JSON: write it as CSV";
  if (text.startsWith("<")) return "HTML or XML: was a page saved in place of the file?";
  return undefined;
}
