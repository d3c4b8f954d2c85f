import { join } from "node:path";
import { projectRoot } from "../../platform/process/config.ts";

/** The folder of the real transactions: PAYSECURE_DATA, by default beside the repository. */
export const paysecureData = (): string =>
  process.env["PAYSECURE_DATA"] || join(projectRoot, "../shared/data");
