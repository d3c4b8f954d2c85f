import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { z } from "zod";
import { projectRoot } from "../../platform/process/config.ts";

/** Weaknesses that are told of and stop no build; whatever else npm calls one does. */
const TOLD_ONLY: readonly string[] = ["info", "low", "moderate"];

const report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({ severity: z.string(), range: z.string(), fixAvailable: z.unknown() }),
  ),
});

/** What came of asking the registry. */
export type Verdict =
  | { readonly asked: false; readonly why: string }
  | { readonly asked: true; readonly known: readonly string[]; readonly stops: boolean };

/** Reads what `npm audit --json` wrote. A registry without the endpoint answers with an error that npm passes on. */
export function verdictOf(written: string): Verdict {
  let answer: unknown;
  try {
    answer = JSON.parse(written);
  } catch {
    return { asked: false, why: "npm audit wrote nothing that can be read" };
  }
  const read = report.safeParse(answer);
  if (!read.success) {
    const said = z.object({ message: z.string() }).safeParse(answer);
    return { asked: false, why: said.success ? said.data.message : "npm audit gave no report" };
  }
  const known = Object.entries(read.data.vulnerabilities);
  return {
    asked: true,
    known: known.map(([name, { severity, range }]) => `${severity}: ${name} ${range}`),
    stops: known.some(([, { severity }]) => !TOLD_ONLY.includes(severity)),
  };
}

/** `npm run audit:packages [-- --required]`: what the registry knows of weaknesses in what package-lock.json installs. */
if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { required: { type: "boolean", default: false } } });
  const { stdout } = spawnSync("npm", ["audit", "--json", "--package-lock-only"], {
    cwd: projectRoot,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const verdict = verdictOf(stdout ?? "");
  if (!verdict.asked) {
    const how = values.required ? "" : " (with --required this fails)";
    process.stdout.write(`NOT CHECKED for known weaknesses: ${verdict.why.split("\n")[0]}${how}\n`);
    process.exitCode = values.required ? 1 : 0;
  } else {
    process.stdout.write(
      verdict.known.length === 0 ? "no known weaknesses\n" : `${verdict.known.join("\n")}\n`,
    );
    process.exitCode = verdict.stops ? 1 : 0;
  }
}
