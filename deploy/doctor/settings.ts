import { readFileSync, statSync } from "node:fs";
import { parseEnv } from "node:util";
import { loadDoorsConfig } from "../../pipeline/doors/config.ts";
import { loadSimulatorConfig } from "../../pipeline/simulator/config.ts";
import { loadWorkerConfig } from "../../pipeline/workers/config.ts";
import { ConfigError, knownSettings } from "../../platform/process/env.ts";
import { readScorerConfig } from "../../scorer/config.ts";
import { readConfig as readWebConfig } from "../../web/config.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** How every process reads what it is set to. */
const READERS: Readonly<Record<string, (env: Env) => unknown>> = {
  scorer: readScorerConfig,
  worker: loadWorkerConfig,
  web: readWebConfig,
  simulator: (env) => loadSimulatorConfig([], env),
  doors: loadDoorsConfig,
};

/** Each thing that is wrong with the settings, once, and whose it is. */
export function checkSettings(env: Env): Finding[] {
  const wrong = new Map<string, string[]>();
  for (const [name, read] of Object.entries(READERS)) {
    try {
      read(env);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const lines = error.message.split("\n").filter((line) => line !== "Configuration is wrong:");
      for (const line of lines) wrong.set(line.trim(), [...(wrong.get(line.trim()) ?? []), name]);
    }
  }
  const faults = [...wrong].map(([line, names]) =>
    fault(
      "settings",
      `${line} (${names.join(", ")})`,
      "correct it in the environment or in .env: README.md, Configuration",
    ),
  );
  return faults.length > 0
    ? faults
    : [ok("settings", `every process reads its own (${Object.keys(READERS).join(", ")})`)];
}

/** What begins like one of ours and is none: in the environment other programs have theirs too. */
const OURS = /^(SCORER|WORKER|REDIS_TLS|SIM|QUEUE|OIDC|JWT|NATS|KAFKA|OPS|REVIEW|SESSION|WEBHOOK|SMTP|MAIL)_/;
/** In any process's environment, and nobody's setting. */
const OTHERS = /^(SCORER_HOUSE_KEY_SHA256|NODE_\w+|OTEL_\w+|PG\w+|TZ|PATH|HOME|NO_COLOR|FAIL_POINTS)$/;

/**
 * Names that nothing reads, after {@link checkSettings} has read everything.
 *
 * @param file the settings file, all of whose names are ours
 */
export function checkNames(env: Env, file: string | undefined): Finding[] {
  const known = knownSettings();
  const text = file === undefined ? undefined : readIfThere(file);
  const inFile = text === undefined ? [] : Object.keys(parseEnv(text));
  const suspects = new Set([...inFile, ...Object.keys(env).filter((name) => OURS.test(name))]);
  const findings = [...suspects]
    .filter((name) => !known.has(name) && !OTHERS.test(name))
    .map((name) => {
      const meant = closest(name, known);
      const found = `${name} is no setting${meant === undefined ? "" : `: is ${meant} meant?`}`;
      return warning("settings", found, "nothing reads it: correct its name, or take it out");
    });
  if (file !== undefined && text !== undefined) {
    const open = (statSync(file).mode & 0o077) !== 0;
    findings.push(
      open
        ? warning(".env", `${file} may be read by other users of this machine`, `chmod 600 '${file}'`)
        : ok(".env", `${file}, ${inFile.length} settings`),
    );
  }
  return findings;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** So many letters apart, at most, is a slip of the fingers. */
const SLIP = 2;

function closest(name: string, known: ReadonlySet<string>): string | undefined {
  const near = [...known].map((other) => [distance(name, other), other] as const);
  near.sort(([a], [b]) => a - b);
  const [best] = near;
  return best !== undefined && best[0] <= SLIP ? best[1] : undefined;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = [...b, ""].map((_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries())
      next.push(
        Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
