import { join } from "node:path";
import { dataDir, searchPath } from "./config.ts";
import { findOrInstall } from "./debian-package.ts";

/** Flags for a headless Chromium that runs as root and stays off the network. */
export const CHROMIUM_ARGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/**
 * The path of Debian's chromium; installs it when it is missing.
 *
 * @throws ProgramMissingError where it cannot be installed
 */
export async function ensureChromium(say: (message: string) => void = () => {}): Promise<string> {
  const program = await findOrInstall({
    command: "chromium",
    packages: ["chromium", "fonts-dejavu-core"],
    folder: join(dataDir(), "packages"),
    path: searchPath(),
    say,
    instruction: "Install Chromium with your package manager so that `chromium` is on PATH.",
  });
  return program.file;
}
