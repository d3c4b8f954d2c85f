import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../platform/process/config.ts";
import { type LockedPackage, lockedPackages } from "./lockfile.ts";
import { vendored } from "./vendored.ts";

/** SPDX ids under which something may be part of what we ship: all let it be used and passed on under Apache-2.0. */
export const SHIPPED: ReadonlySet<string> = new Set([
  ...["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "OFL-1.1", "Unlicense"],
]);

/** Those of tools as well that we run and do not ship; MPL-2.0 asks for something of who passes the files on. */
export const TOOLS: ReadonlySet<string> = new Set([...SHIPPED, "MPL-2.0"]);

/** What authors call a licence that SPDX calls otherwise. */
const SPDX: Readonly<Record<string, string>> = { "BSD-0-Clause": "0BSD" };

/** SPDX's name for what a package.json says. */
export const spdx = (license: string): string => SPDX[license] ?? license;

/** Whether one of the licences that an expression (`(MIT OR CC0-1.0)`) offers is among those allowed. */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const plain = expression.replaceAll(/[()]/g, "");
  return plain
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every((id) => allowed.has(spdx(id.trim()))));
}

/** Packages whose licence is not known or not on the list, each with what it says. */
export function refused(packages: readonly LockedPackage[]): string[] {
  return packages.flatMap(({ name, version, license, dev }) =>
    license !== undefined && isAllowed(license, dev ? TOOLS : SHIPPED)
      ? []
      : [`${name}@${version}: ${license ?? "no licence"}`],
  );
}

/** What `npm run licences` prints: whatever is shipped that is not ours, with its licence and its text. */
function notices(): string {
  const shipped = lockedPackages().filter(({ dev }) => !dev);
  const parts = [
    "# Third-party licences\n\nWhat PaySecure is shipped with that is not ours. Written by `npm run licences`.\n",
    ...vendored()
      .filter(({ type }) => type === "library")
      .map(({ name, license, from, text }) => section(name, license, from, text && read(text))),
    ...shipped.map(({ name, version, license = "", folder }) =>
      section(`${name} ${version}`, spdx(license), "npm", textIn(folder)),
    ),
  ];
  return parts.join("\n");
}

const section = (what: string, license: string, from: string, text: string | undefined): string =>
  `## ${what}\n\n${license} · from ${from}\n${text ? `\n\`\`\`\n${text.trim()}\n\`\`\`\n` : ""}`;

const read = (file: string): string => readFileSync(join(projectRoot, file), "utf8");

/** The licence's text as the package brings it; packages of other platforms are not installed here. */
function textIn(folder: string): string | undefined {
  const at = join(projectRoot, folder);
  if (!existsSync(at)) return undefined;
  const name = readdirSync(at).find((file) => /^(licen[cs]e|copying)/i.test(file));
  return name === undefined ? undefined : readFileSync(join(at, name), "utf8");
}

if (import.meta.filename === process.argv[1]) {
  const wrong = refused(lockedPackages());
  if (wrong.length > 0) {
    process.stderr.write(
      `Licences that are not on the list of deploy/supply/licences.ts:\n  ${wrong.join("\n  ")}\n`,
    );
    process.exitCode = 1;
  } else {
    process.stdout.write(notices());
  }
}
