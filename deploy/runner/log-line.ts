const LEVELS: Readonly<Record<number, string>> = {
  10: "TRACE",
  20: "DEBUG",
  30: "INFO",
  40: "WARN",
  50: "ERROR",
  60: "FATAL",
};
const LEVEL_COLOURS: Readonly<Record<string, number>> = {
  WARN: 33,
  ERROR: 31,
  FATAL: 31,
  DEBUG: 90,
  TRACE: 90,
};
const NAME_COLOURS = [36, 35, 32, 34, 33, 96] as const;
const STANDARD_FIELDS = new Set(["level", "time", "pid", "hostname", "name", "msg", "err"]);

/** A pino line's fields, or undefined for any other output. */
export function parseLogLine(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{"level":')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Turns a process's output lines into `name | 21:45:01 INFO message key=value`, for a person at a terminal. */
export function createLineFormatter(
  names: readonly string[],
  colour: boolean,
): (name: string, line: string) => string {
  const width = Math.max(...names.map((name) => name.length));
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return (name, line) => {
    const code = NAME_COLOURS[Math.max(0, names.indexOf(name)) % NAME_COLOURS.length] ?? 36;
    const prefix = paint(code, `${name.padEnd(width)} |`);
    const entry = parseLogLine(line);
    if (!entry) return `${prefix} ${line}`;
    const level = LEVELS[Number(entry["level"])] ?? "INFO";
    const time = String(entry["time"]).slice(11, 19);
    const fields = Object.entries(entry)
      .filter(([key]) => !STANDARD_FIELDS.has(key))
      .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
    const head = `${paint(90, time)} ${paint(LEVEL_COLOURS[level] ?? 0, level.padEnd(5))} ${String(entry["msg"] ?? "")}`;
    const rest = fields.length > 0 ? ` ${paint(90, fields.join(" "))}` : "";
    return `${prefix} ${head}${rest}${errorLines(entry["err"], prefix)}`;
  };
}

function errorLines(error: unknown, prefix: string): string {
  if (error === undefined) return "";
  if (typeof error !== "object" || error === null) return ` (${String(error)})`;
  const stack = (error as { stack?: unknown }).stack;
  if (typeof stack !== "string") return ` ${JSON.stringify(error)}`;
  return stack
    .split("\n")
    .map((line) => `\n${prefix}   ${line}`)
    .join("");
}
