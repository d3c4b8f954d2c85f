/** What a start would meet: it works, it works with something to know, it does not work. */
export type State = "ok" | "warning" | "fault";

/** One line of the doctor's. */
export interface Finding {
  /** What was looked at: "Node", "port 8000". */
  readonly what: string;
  readonly state: State;
  /** What was found, in words. */
  readonly found: string;
  /** How to mend it; absent where nothing is wrong. */
  readonly mend?: string;
}

export const ok = (what: string, found: string): Finding => ({ what, state: "ok", found });

export const warning = (what: string, found: string, mend: string): Finding => ({
  what,
  state: "warning",
  found,
  mend,
});

export const fault = (what: string, found: string, mend: string): Finding => ({
  what,
  state: "fault",
  found,
  mend,
});

const WIDTH = 18;

/** For a terminal: a line for each, and how to mend it below. */
export function written(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ what, state, found, mend }) => [
    `${state.padEnd(8)} ${what.padEnd(WIDTH)} ${found}`,
    ...(mend === undefined ? [] : [`${"".padEnd(9 + WIDTH)} → ${mend}`]),
  ]);
  const count = (state: State): number => findings.filter((one) => one.state === state).length;
  const [faults, warnings] = [count("fault"), count("warning")];
  const verdict =
    faults > 0
      ? `${faults} ${faults === 1 ? "fault keeps" : "faults keep"} a start from working`
      : "nothing keeps a start from working";
  return `${lines.join("\n")}\n\n${verdict}; ${warnings} ${warnings === 1 ? "warning" : "warnings"}\n`;
}
