import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * `npm run bench` runs every suite, `npm run bench -- scorer explain` the named ones; options go to the suites, also
 * behind a `--` (`npm run bench -- scorer --quick`). A suite is bench/<name>.ts: it prints what it measured and exits with
 * 1 when a figure misses its target.
 */
const SUITES = [
  "scorer",
  "pipeline",
  "pages",
  "explain",
  "features",
  "train",
  "realism",
  "card-numbers",
  "policy",
  "shares",
  "export",
  "replicas",
] as const;

const given = process.argv.slice(2);
const end = given.findIndex((name) => name.startsWith("--"));
const names = end === -1 ? given : given.slice(0, end);
const passed = end === -1 ? [] : given.slice(given[end] === "--" ? end + 1 : end);

const unknown = names.filter((name) => !(SUITES as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`no bench suite ${unknown.join(", ")}; there are: ${SUITES.join(", ")}`);
  process.exit(2);
}

let failed = 0;
for (const name of names.length > 0 ? names : SUITES) {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  if (!existsSync(file)) {
    console.error(`bench suite "${name}" is not there (${file})`);
    failed++;
    continue;
  }
  console.log(`\n== ${name}`);
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", file, ...passed], { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (exitCode, signal) => resolve(exitCode ?? (signal ? 1 : 0)));
  });
  if (code !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
