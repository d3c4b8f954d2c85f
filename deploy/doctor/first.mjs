/** `npm run doctor` begins in plain JavaScript: without these two nothing of TypeScript could say what is wrong. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OLDEST = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const modules = fileURLToPath(new URL("../../node_modules/tsx/package.json", import.meta.url));

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `fault    Node               ${process.version} is too old\n${" ".repeat(28)}→ install Node 22 or 24\n`,
  );
  process.exit(1);
}
if (!existsSync(modules)) {
  process.stderr.write(
    `fault    packages           node_modules is not there, or not whole\n${" ".repeat(28)}→ npm ci\n`,
  );
  process.exit(1);
}
const { register } = await import("tsx/esm/api");
register();
await import("./doctor.ts");
