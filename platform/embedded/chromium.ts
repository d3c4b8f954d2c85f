import { join } from "node:path";
import { dataDir, searchPath } from "../process/config.ts";
import { replaceFile } from "../process/replace-file.ts";
import { findOrInstall, type Program } from "./debian-package.ts";

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
  return program.env["LD_LIBRARY_PATH"] === undefined ? program.file : await unpackedLauncher(program);
}

/**
 * Debian's own launcher looks for its parts in the system's folders. This one starts what was unpacked elsewhere, with
 * the libraries and fonts that were unpacked beside it.
 */
async function unpackedLauncher({ file, env }: Program): Promise<string> {
  const root = join(file, "../../..");
  const fonts = join(root, "fonts.conf");
  const launcher = join(root, "launch-chromium");
  await replaceFile(
    fonts,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${join(root, "usr/share/fonts")}</dir><cachedir>${join(root, "font-cache")}</cachedir></fontconfig>\n`,
    "the fonts of the unpacked chromium",
  );
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  await replaceFile(
    launcher,
    `#!/bin/sh
export LD_LIBRARY_PATH=${quoted(env["LD_LIBRARY_PATH"] ?? "")}
export FONTCONFIG_FILE=${quoted(fonts)}
exec ${quoted(join(root, "usr/lib/chromium/chromium"))} "$@"\n`,
    "the launcher of the unpacked chromium",
    0o755,
  );
  return launcher;
}
