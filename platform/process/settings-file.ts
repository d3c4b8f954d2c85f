import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { codeOf } from "./errors.ts";

type Env = Record<string, string | undefined>;

/** What the name of a variable ends with that names a file with the value in it: `DATABASE_URL_FILE`. */
export const FILE_SUFFIX = "_FILE";

/** A file may be missing unless somebody has named it. */
const MISSING = "ENOENT";

/**
 * Puts the settings of a `.env` file beside those of the environment, which go before them: what is set there, were it
 * empty or by the other of `NAME` and `NAME_FILE`, stays as it is.
 *
 * @param env the environment; it is changed
 * @param usual the file that is read where `ENV_FILE` names no other
 * @returns what is wrong with the file, in words; undefined when nothing is
 */
export function takeSettingsFile(env: Env, usual: string | undefined): string | undefined {
  const named = env["ENV_FILE"] || undefined;
  const path = named ?? usual;
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (named === undefined && code === MISSING) return undefined;
    return `the settings in ${path} cannot be read (${code})`;
  }
  const given = new Set(Object.keys(env).filter((name) => env[name] !== undefined));
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (!given.has(name) && !given.has(otherOf(name))) env[name] = value;
  }
  return undefined;
}

function otherOf(name: string): string {
  return name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name + FILE_SUFFIX;
}
