import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../platform/process/config.ts";

/**
 * `npm run lock`: adds to package-lock.json the optional packages of other platforms that the registry at hand does
 * not carry. npm leaves them out when it cannot resolve them, and `npm ci` then refuses the lock file. Their version is
 * the exact one that the package naming them asks for; os, cpu and libc are in their names. Of every package that has
 * none, the registry is asked for the hash of its content and for its licence.
 */
interface Locked {
  version?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = [
  "arm64",
  "arm",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "x64",
  "wasm32",
];

const file = join(projectRoot, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, Locked> };
const added: string[] = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key]) continue;
    const words = name.split(/[/@_-]/);
    const os = SYSTEMS.filter((system) => words.includes(system));
    const cpu = PROCESSORS.filter((processor) =>
      words.some((word) => word.replace(/v[67]$/, "") === processor),
    );
    if (os.length === 0 && cpu.length === 0) {
      process.stderr.write(`${name}: its name does not say for which platform it is; left out\n`);
      continue;
    }
    lock.packages[key] = {
      version: version.replace(/^[\^~=v]+/, ""),
      ...(parent.dev ? { dev: true } : {}),
      optional: true,
      ...(os.length > 0 ? { os } : {}),
      ...(cpu.length > 0 ? { cpu } : {}),
      ...(words.includes("musl") ? { libc: ["musl"] } : {}),
    };
    added.push(name);
  }
}
let hashed = 0;
for (const [key, entry] of Object.entries(lock.packages)) {
  if (key === "" || entry.integrity !== undefined) continue;
  const name = key.slice(key.lastIndexOf("node_modules/") + "node_modules/".length);
  const known = askRegistry(`${name}@${entry.version}`);
  if (!known) {
    process.stderr.write(`${name}: the registry does not know the hash of version ${entry.version}\n`);
    process.exitCode = 1;
    continue;
  }
  entry.integrity = known["dist.integrity"];
  entry.license ??= known.license;
  hashed++;
}

function askRegistry(spec: string): { "dist.integrity": string; license: string } | undefined {
  const { stdout } = spawnSync("npm", ["view", spec, "dist.integrity", "license", "--json"], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  const said = stdout === "" ? {} : (JSON.parse(stdout) as Record<string, unknown>);
  const { "dist.integrity": integrity, license } = said;
  return typeof integrity === "string" && typeof license === "string"
    ? { "dist.integrity": integrity, license }
    : undefined;
}

const { "": root, ...others } = lock.packages;
const sorted = Object.fromEntries(Object.entries(others).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: { "": root, ...sorted } }, null, 2)}\n`);
process.stdout.write(`${added.length} packages of other platforms added, ${hashed} hashes\n`);
