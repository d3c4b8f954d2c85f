import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { projectRoot } from "../../platform/process/config.ts";
import { dashboard } from "./dashboard.ts";
import { sloRules, sloRunbook } from "./rules.ts";

/** Writes what is made of the objectives; with --check it is compared instead, and the exit code is 1 where it differs. */
const BEGIN = "<!-- made by npm run generate -->";
const check = process.argv.includes("--check");
const page = join(projectRoot, "docs/operate/alerts.md");
const head = (await readFile(page, "utf8")).split(BEGIN)[0] ?? "";
const files: Readonly<Record<string, string>> = {
  [join(projectRoot, "deploy/prometheus/slo.yml")]: sloRules(),
  [join(projectRoot, "deploy/grafana/dashboards/paysecure.json")]: dashboard(),
  [page]: `${head}${BEGIN}\n${sloRunbook()}`,
};
for (const [file, text] of Object.entries(files)) {
  if (!check) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    process.stderr.write(`${relative(projectRoot, file)} is out of date: run npm run generate\n`);
    process.exitCode = 1;
  }
}
