import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolesPage } from "../domain/roles-page.ts";
import { projectRoot } from "../platform/process/config.ts";

/** `npm run roles`: writes docs/roles.md. */
writeFileSync(join(projectRoot, "docs", "roles.md"), rolesPage());
