import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "../../platform/process/config.ts";

export const LOCKFILE = join(projectRoot, "package-lock.json");

const locked = z.object({
  version: z.string(),
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  license: z.string().optional(),
  dev: z.boolean().optional(),
  optional: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
});

/** A package of package-lock.json (version 3), with the folder it is installed in. */
export interface LockedPackage extends z.output<typeof locked> {
  readonly name: string;
  /** `node_modules/…` */
  readonly folder: string;
}

/** Every package that `npm ci` installs, on whatever platform; not our own. */
export function lockedPackages(): LockedPackage[] {
  const { packages } = z
    .object({ packages: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(LOCKFILE, "utf8")));
  return Object.entries(packages)
    .filter(([folder]) => folder !== "")
    .map(([folder, entry]) => ({
      ...locked.parse(entry),
      folder,
      name: folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length),
    }));
}
