import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../platform/process/config.ts";
import { importsPage, tryImports } from "./page.ts";

/** `npm run imports-table`: tries every import and writes docs/imports-table.md. */
writeFileSync(join(projectRoot, "docs", "imports-table.md"), importsPage(await tryImports()));
