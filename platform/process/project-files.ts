import { readdirSync } from "node:fs";
import { projectRoot } from "./config.ts";

/** What is not ours, or is made. */
const LEFT_OUT = new Set(["node_modules", ".git", ".data", "dist", "coverage", "tmp"]);

/**
 * Every file of the project, as paths from its root with `/`; read from the disk, since a machine that only runs the
 * tests has no git.
 */
export function projectFiles(): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(`${projectRoot}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) return [path];
      return LEFT_OUT.has(entry.name) ? [] : walk(path);
    });
  return walk("");
}
