import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "../platform/process/config.ts";
import { judge } from "./boundaries/judge.ts";
import { PLAN } from "./boundaries/plan.ts";

/**
 * `npm run check:boundaries`: every import of ours is one that `boundaries/plan.ts` allows, no rooms import each other,
 * and package.json names what is imported and nothing else. Files that git does not track yet are looked at too.
 */
const packageJson = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});
const { dependencies, devDependencies } = packageJson.parse(
  JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")),
);
const listed = execFileSync(
  "git",
  ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.ts", "*.tsx", "*.mjs"],
  { cwd: projectRoot, encoding: "utf8" },
);
const sources = [...new Set(listed.split("\0"))]
  .filter((file) => file !== "" && existsSync(join(projectRoot, file)))
  .map((file) => ({ file, code: readFileSync(join(projectRoot, file), "utf8") }));
const declared = new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
for (const { where, what } of judge(sources, PLAN, declared)) {
  console.error(`${where}: ${what}`);
  process.exitCode = 1;
}
