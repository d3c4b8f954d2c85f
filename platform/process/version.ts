import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "./config.ts";

/** Which version of PaySecure this code is: package.json's. */
export const { version: CODE_VERSION } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")));
