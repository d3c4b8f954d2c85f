import fs from "node:fs";

const OWNER = 0o700;

/**
 * From now on nothing in this process gives rights on a file to group or others. PGlite sets the modes of its files itself,
 * to what they are inside of it (666), and the process's umask has no say in that.
 */
export function givePrivateModes(): void {
  const { chmodSync, fchmodSync } = fs;
  const owners = (mode: fs.Mode): number =>
    (typeof mode === "string" ? Number.parseInt(mode, 8) : mode) & OWNER;
  fs.chmodSync = (path, mode) => chmodSync(path, owners(mode));
  fs.fchmodSync = (fd, mode) => fchmodSync(fd, owners(mode));
}
