/** How a spreadsheet begins a formula, full-width signs too, and what hides one behind it (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/**
 * A cell of CSV (RFC 4180) that a spreadsheet takes for text: what it would take for a formula gets an apostrophe in
 * front, what has commas, quotes or line ends is quoted. A text without characters is quoted too, so that it is told from
 * a cell that has no value.
 */
export function csvCell(value: string | number): string {
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
