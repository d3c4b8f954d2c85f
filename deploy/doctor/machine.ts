import { execFile } from "node:child_process";
import { access, constants, lstat, mkdtemp, readFile, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { projectRoot } from "../../platform/process/config.ts";
import { codeOf, messageOf } from "../../platform/process/errors.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** Node's even releases that get security fixes; 20 has had its last in April 2026. */
const CARED_FOR = [22, 24];

/** The Node that would run it. */
export function checkNode(version: string): Finding {
  const major = Number(version.replace(/^v/, "").split(".")[0]);
  if (CARED_FOR.includes(major)) return ok("Node", version);
  const what = major < 22 ? "has reached its end of life" : "is no release that was tried here";
  return warning("Node", `${version} works, and ${what}`, `run Node ${CARED_FOR.join(" or ")} in production`);
}

const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });
const lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });
const installed = z.object({ version: z.string() });

/** Native code: it may be there and not load, on another libc or processor. */
const NATIVE = ["onnxruntime-node", "@node-rs/argon2"];

/** Whether what the lock file says is installed, and its native parts load. */
export async function checkPackages(root = projectRoot): Promise<Finding> {
  const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(root, path), "utf8"));
  const wanted = Object.keys(manifest.parse(await json("package.json")).dependencies);
  const { packages } = lock.parse(await json("package-lock.json"));
  const wrong: string[] = [];
  for (const name of wanted) {
    const path = `node_modules/${name}`;
    const found = installed.safeParse(await json(`${path}/package.json`).catch(() => undefined));
    const { version } = packages[path] ?? {};
    if (!found.success) wrong.push(`${name} is missing`);
    else if (found.data.version !== version)
      wrong.push(`${name} is ${found.data.version}, not ${version ?? "of the lock file"}`);
  }
  if (wrong.length > 0) return fault("packages", wrong.join("; "), "npm ci");
  for (const name of NATIVE) {
    try {
      await promisify(execFile)(process.execPath, ["-e", `require(${JSON.stringify(name)})`], { cwd: root });
    } catch (error) {
      const why = /^\w*Error: (.*)$/m.exec(messageOf(error))?.[1] ?? "no reason given";
      return fault(
        "packages",
        `${name} does not load: ${why.slice(0, 200)}`,
        "npm ci on this machine; Linux needs glibc (not Alpine's musl), x64 or arm64",
      );
    }
  }
  return ok("packages", `${wanted.length} as the lock file says, native parts load`);
}

const MB = 1024 * 1024;
/** What an embedded PostgreSQL needs to begin, and what lasts some weeks, bytes. */
const LEAST_SPACE = 200 * MB;
const LITTLE_SPACE = 2_048 * MB;
/** statfs: file systems over a network, whose locks and syncs databases should not stand on. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
]);
/** These end the string that Redis is told its folder by. */
const NO_PATH = /["\\\n\r]/;

/**
 * The data folder: its path, rights and space. Nothing stays in it.
 *
 * @param servers whether Redis and PostgreSQL keep their files there too
 */
export async function checkDataFolder(folder: string, servers: boolean): Promise<Finding[]> {
  const what = "data folder";
  const elsewhere = "set DATA_DIR to a folder of your own on a local disk";
  if (NO_PATH.test(folder))
    return [
      fault(what, `${JSON.stringify(folder)} has a quote, backslash or line end in its path`, elsewhere),
    ];
  const there = await nearest(folder);
  try {
    const stat = await lstat(there);
    if (!stat.isDirectory()) return [fault(what, `${there} is no folder`, elsewhere)];
    await access(there, constants.W_OK | constants.X_OK);
    // access() says what rights say; a read-only or full disk says so when it is written to.
    await rm(await mkdtemp(join(there, ".doctor-")), { recursive: true });
    const user = process.getuid?.();
    if (there === folder && user !== undefined && user !== 0 && stat.uid !== user)
      return [
        fault(what, `${folder} belongs to another user`, `chown -R "$(id -un)" '${folder}', or ${elsewhere}`),
      ];
  } catch (error) {
    return [fault(what, `${there} cannot be written to (${codeOf(error)})`, elsewhere)];
  }
  const { bavail, bsize, type } = await statfs(there);
  const free = bavail * bsize;
  const shown = `${Math.floor(free / MB).toLocaleString("en")} MB free`;
  const network = NETWORK_FILE_SYSTEMS.get(type);
  const place = there === folder ? folder : `${folder} (will be made)`;
  return [
    free < LEAST_SPACE
      ? fault(what, `${place}: ${shown}`, "make room, or set DATA_DIR to a larger disk")
      : free < LITTLE_SPACE
        ? warning(what, `${place}: ${shown}`, "a payment takes about 2 kB: make room, or a larger disk")
        : ok(what, `${place}, ${shown}`),
    ...(servers && network !== undefined
      ? [warning(what, `is on ${network}: a database may be lost there with the network`, elsewhere)]
      : []),
  ];
}

/** The folder, or what there is of the way to it. */
async function nearest(folder: string): Promise<string> {
  try {
    await lstat(folder);
    return folder;
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) return folder;
    return nearest(dirname(folder));
  }
}
