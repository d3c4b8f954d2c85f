import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { hashKey, SCOPES } from "./api-keys.ts";

/**
 * Makes an API key: prints it once, adds its hash to the keys' file.
 *
 *     npx tsx scorer/security/cli.ts NAME --file keys.json [--scopes score,explain] [--rate 1000]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: "string" },
    scopes: { type: "string", default: "score" },
    rate: { type: "string" },
  },
});
const [name] = positionals;
const scopes = values.scopes.split(",");
const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
if (name === undefined || values.file === undefined || unknown.length > 0) {
  console.error(`usage: cli.ts NAME --file keys.json [--scopes ${SCOPES.join(",")}] [--rate PER_SECOND]`);
  process.exit(2);
}
const key = `ps_${randomBytes(32).toString("base64url")}`;
const before = await readFile(values.file, "utf8").then(
  (text) => JSON.parse(text) as unknown[],
  () => [],
);
const entry = {
  name,
  sha256: hashKey(key),
  scopes,
  ...(values.rate === undefined ? {} : { rate_per_second: Number(values.rate) }),
};
await writeFile(values.file, `${JSON.stringify([...before, entry], null, 2)}\n`, { mode: 0o600 });
console.log(key);
