import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Right } from "../../domain/rights.ts";
import { codeOf, DomainError, messageOf } from "../process/errors.ts";
import { replaceFile } from "../process/replace-file.ts";
import type { KnownKey } from "./api-key.ts";

/** What a key of a file may do. */
export const FILE_SCOPES = ["score", "explain", "record", "admin"] as const;
export type FileScope = (typeof FILE_SCOPES)[number];

/** … and as rights. In files of the first release whoever may score may have it recorded, and goes on to. */
const RIGHTS: Readonly<Record<FileScope, readonly Right[]>> = {
  score: ["transactions.score", "transactions.record"],
  explain: ["decisions.explain"],
  record: ["transactions.record"],
  admin: ["models.manage"],
};

const fileSchema = z.array(
  z.object({
    name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    scopes: z.array(z.enum(FILE_SCOPES)).min(1),
    /** Transactions a second; unlimited when left out. */
    rate_per_second: z.number().positive().optional(),
    /** Transactions at once; twice the rate when left out. */
    burst: z.number().positive().optional(),
  }),
);
type Entry = z.input<typeof fileSchema>[number];

/**
 * The keys of a JSON file (`SCORER_API_KEYS_FILE`), for a scorer without a console.
 *
 * @throws DomainError `invalid_argument` when the file cannot be used
 */
export async function readKeyFile(path: string): Promise<KnownKey[]> {
  const entries = await readEntries(path).catch((error: unknown) => {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new DomainError("invalid_argument", `the API keys in ${path} cannot be used: ${why}`, {
      cause: error,
    });
  });
  return entries.map(({ name, sha256, scopes, rate_per_second, burst }) => ({
    id: name,
    name,
    sha256,
    rights: [...new Set(scopes.flatMap((scope) => RIGHTS[scope]))],
    ratePerSecond: rate_per_second,
    burst,
  }));
}

/**
 * Adds a key to a file, which is made when there is none and is its owner's alone.
 *
 * @throws DomainError `invalid_argument` for an entry or a file that is not as it has to be
 */
export async function addToKeyFile(path: string, entry: Entry): Promise<void> {
  const before = await readEntries(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw new DomainError("invalid_argument", `${path} is no file of API keys: it is left as it is`, {
      cause: error,
    });
  });
  const after = fileSchema.safeParse([...before, entry]);
  if (!after.success) throw new DomainError("invalid_argument", z.prettifyError(after.error));
  await replaceFile(path, `${JSON.stringify(after.data, null, 2)}\n`, path, 0o600);
}

async function readEntries(path: string): Promise<z.output<typeof fileSchema>> {
  return fileSchema.parse(JSON.parse(await readFile(path, "utf8")));
}
