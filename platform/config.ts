import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** Where things that last on this machine are kept: `DATA_DIR`, by default `.data` beside the code. */
export const dataDir = (): string => process.env["DATA_DIR"] || join(projectRoot, ".data");

/** The command search path. */
export const searchPath = (): string => process.env["PATH"] ?? "";
