import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { takeSettingsFile } from "./settings-file.ts";

/** The repository's root folder. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** Settings of `.env` beside the code, or of `ENV_FILE`, before anybody reads any. Tests read what they are given alone. */
export const settingsFile = (): string | undefined =>
  process.env["ENV_FILE"] || (process.env["VITEST"] === undefined ? join(projectRoot, ".env") : undefined);
const settingsTrouble = takeSettingsFile(process.env, settingsFile());
if (settingsTrouble !== undefined) {
  process.stderr.write(`Configuration is wrong:\n  ${settingsTrouble}\n`);
  process.exit(2);
}

/** Where things that last on this machine are kept: `DATA_DIR`, by default `.data` beside the code. */
export const dataDir = (): string => process.env["DATA_DIR"] || join(projectRoot, ".data");

/** The command search path. */
export const searchPath = (): string => process.env["PATH"] ?? "";

/** A real PostgreSQL for tests (`TEST_DATABASE_URL`, a user that may create databases); PGlite when unset. */
export const testDatabaseUrl = (): string | undefined => process.env["TEST_DATABASE_URL"] || undefined;

/** … the one that a run of tests has started, for its workers. */
export const setTestDatabaseUrl = (url: string): void => {
  process.env["TEST_DATABASE_URL"] = url;
};

/** libpq's `PGSSLMODE`: what a database URL without `sslmode` means. */
export const pgSslMode = (): string | undefined => process.env["PGSSLMODE"] || undefined;

/** libpq's `PGSSLROOTCERT`: what a database URL without `sslrootcert` means. */
export const pgSslRootCert = (): string => process.env["PGSSLROOTCERT"] ?? "";

/** Where this process is to die, for chaos runs: `record.committed:3` at the third passing; nowhere when unset. */
export const failPoints = (): string => process.env["FAIL_POINTS"] ?? "";
