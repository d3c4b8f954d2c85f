import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../platform/process/config.ts";
import { slowRegexes } from "./slow-regex.ts";

/** What runs; a test's texts are its own. */
const OURS = ["*.ts", "*.tsx", "*.js", "*.mjs", ":!*.test.ts", ":!*.test.tsx"];

/** `npm run check:regex`: no regular expression of ours takes more time than grows with the text it looks at. */
const files = execFileSync("git", ["ls-files", "-z", ...OURS], { cwd: projectRoot, encoding: "utf8" });
for (const file of files.split("\0").filter((name) => name !== "")) {
  for (const { line, literal, why } of slowRegexes(readFileSync(join(projectRoot, file), "utf8"))) {
    console.error(`${file}:${line}: ${literal}: ${why}`);
    process.exitCode = 1;
  }
}
