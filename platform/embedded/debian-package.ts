import { execFile } from "node:child_process";
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../process/errors.ts";

const run = promisify(execFile);

/** A program that the system may not have yet. */
export interface ProgramRequest {
  /** The executable's name, e.g. "redis-server". */
  readonly command: string;
  /** The Debian packages that bring it. */
  readonly packages: readonly string[];
  /** Where to unpack the packages when there is no root, e.g. `.data/packages`. */
  readonly folder: string;
  /** The command search path, `PATH`. */
  readonly path: string;
  /** Told once per step, in a sentence for a person. */
  readonly say: (message: string) => void;
  /** What to do by hand where this cannot install. */
  readonly instruction: string;
}

/** A program that can be run: its path, and the library path it needs when it was unpacked without root. */
export interface Program {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Thrown when a program is missing and cannot be installed; the message is one clear instruction. */
export class ProgramMissingError extends Error {
  override readonly name = "ProgramMissingError";
}

/**
 * Finds a program on PATH, in the data folder, or installs it on Debian and Ubuntu: as root with apt-get, without
 * root by unpacking the packages (and the libraries they need) into the data folder.
 *
 * @throws ProgramMissingError elsewhere, or when apt cannot do it
 */
export async function findOrInstall(request: ProgramRequest): Promise<Program> {
  const onPath = await findOnPath(request.command, request.path);
  if (onPath) return { file: onPath, env: {} };
  const unpacked = await findUnpacked(request);
  if (unpacked) return unpacked;

  if (!(await findOnPath("apt-get", request.path))) {
    throw new ProgramMissingError(`${request.command} is not installed. ${request.instruction}`);
  }
  const asRoot = process.getuid?.() === 0;
  request.say(
    `${request.command} is not installed: ${asRoot ? "installing" : "unpacking"} ${request.packages.join(", ")} ` +
      `${asRoot ? "with apt-get" : `into ${request.folder} (no root)`}, once`,
  );
  try {
    if (asRoot) await installAsRoot(request);
    else await unpackWithoutRoot(request);
  } catch (error) {
    throw new ProgramMissingError(
      `${request.command} is not installed and apt could not get it (${lastLine(error)}). ${request.instruction}`,
      { cause: error },
    );
  }
  const found = await findOnPath(request.command, request.path);
  const program = found ? { file: found, env: {} } : await findUnpacked(request);
  if (program) return program;
  throw new ProgramMissingError(
    `${request.command} is still missing after the install. ${request.instruction}`,
  );
}

/** The first executable of that name on a search path. */
export async function findOnPath(command: string, path: string): Promise<string | undefined> {
  // Debian puts servers where a user's PATH often does not look.
  for (const folder of [...path.split(delimiter), "/usr/bin", "/usr/sbin", "/usr/local/bin"]) {
    if (folder === "") continue;
    const file = join(folder, command);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function installAsRoot({ packages, folder, path }: ProgramRequest): Promise<void> {
  // policy-rc.d 101 keeps the package from starting a system service on its default port.
  const install = [
    "set -e",
    // What is installed is for everybody, however private our own files are.
    "umask 022",
    "export DEBIAN_FRONTEND=noninteractive",
    "policy=/usr/sbin/policy-rc.d",
    `if [ ! -e $policy ]; then printf '#!/bin/sh\\nexit 101\\n' > $policy; chmod +x $policy; trap 'rm -f '$policy EXIT; fi`,
    "apt-get update -qq || true",
    `apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 ${packages.join(" ")}`,
  ].join("\n");
  // One at a time: apt's lists have no lock that waits, and several processes of ours may miss the same program.
  await mkdir(folder, { recursive: true });
  const flock = await findOnPath("flock", path);
  const [file = "sh", ...args] = [...(flock ? [flock, join(folder, "apt.lock")] : []), "sh", "-c", install];
  await run(file, args, { maxBuffer: 64 << 20 });
}

/** apt's options for lists and a cache of one's own: a user may not write the system's, which may not be there yet. */
async function ownLists(folder: string): Promise<string[]> {
  for (const name of ["state/lists/partial", "cache/archives/partial"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  return [
    ["Dir::State", join(folder, "state")],
    ["Dir::State::status", "/var/lib/dpkg/status"],
    ["Dir::Cache", join(folder, "cache")],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

async function unpackWithoutRoot(request: ProgramRequest): Promise<void> {
  await mkdir(request.folder, { recursive: true });
  const work = await mkdtemp(join(request.folder, "tmp-"));
  try {
    const lists = await ownLists(join(work, "apt"));
    // Without a network the system's lists may still know packages that lie in a local mirror.
    const updated = await run("apt-get", [...lists, "update", "-qq"]).then(
      () => true,
      () => false,
    );
    const options = updated ? lists : [];
    const listing = await run(
      "apt-cache",
      [
        ...options,
        "depends",
        "--recurse",
        "--no-recommends",
        "--no-suggests",
        "--no-conflicts",
        "--no-breaks",
        "--no-replaces",
        "--no-enhances",
        "--no-pre-depends",
        ...request.packages,
      ],
      { maxBuffer: 64 << 20 },
    );
    const wanted = new Set<string>();
    for (const line of listing.stdout.split("\n")) if (/^[a-z0-9][a-z0-9+.-]*$/.test(line)) wanted.add(line);
    const missing: string[] = [];
    for (const name of wanted) if (!(await isInstalled(name))) missing.push(name);
    await run("apt-get", [...options, "download", "-qq", ...missing], { cwd: work, maxBuffer: 64 << 20 });
    const root = join(work, "root");
    await mkdir(root);
    for (const file of await readdir(work)) {
      if (file.endsWith(".deb")) await run("dpkg", ["-x", join(work, file), root]);
    }
    const target = join(request.folder, request.command);
    try {
      await rename(root, target);
    } catch {
      // Another process was faster, or what lies there is broken.
      if (await findUnpacked(request)) return;
      await rm(target, { recursive: true, force: true });
      await rename(root, target);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function isInstalled(name: string): Promise<boolean> {
  try {
    const { stdout } = await run("dpkg-query", ["-s", name]);
    return /^Status: .* installed$/m.test(stdout);
  } catch {
    return false;
  }
}

async function findUnpacked({ folder, command }: ProgramRequest): Promise<Program | undefined> {
  const root = join(folder, command);
  for (const bin of ["usr/bin", "usr/sbin"]) {
    const file = join(root, bin, command);
    if (!(await isExecutable(file))) continue;
    const folders = [
      ...(await libraryFolders(join(root, "usr/lib"))),
      ...(await libraryFolders(join(root, "lib"))),
    ];
    return { file, env: { LD_LIBRARY_PATH: folders.join(delimiter) } };
  }
  return undefined;
}

/** Every folder with shared libraries: some packages keep theirs one level down and rely on a path of their own. */
async function libraryFolders(top: string): Promise<string[]> {
  const entries = await readdir(top, { recursive: true, withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => /\.so(?:\.|$)/.test(entry.name))
    .map((entry) => entry.parentPath ?? entry.path);
  return [...new Set(folders)].sort((a, b) => a.length - b.length);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** apt's last line of complaint. */
function lastLine(error: unknown): string {
  const stderr = (error as { stderr?: string }).stderr ?? "";
  return stderr.trim().split("\n").at(-1) || messageOf(error);
}
