import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../platform/process/config.ts";

/** `npm run build`: plain JavaScript in dist/, with the files that are read at run time beside it. */
const dist = join(projectRoot, "dist");
rmSync(dist, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(projectRoot, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"],
  {
    cwd: projectRoot,
    stdio: "inherit",
  },
);
for (const kept of [
  "proto",
  "web/assets",
  "pipeline/simulator",
  "models/handbook",
  "models/registry",
  "package.json",
  "docs/runbook.md",
  "docs/alerts.md",
  "docs/operate/alerts.md",
]) {
  cpSync(join(projectRoot, kept), join(dist, kept), {
    recursive: true,
    filter: (file) => !/\.(ts|tsx)$/.test(file),
  });
}
