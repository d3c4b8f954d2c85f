import { parseArgs } from "node:util";
import { SCOPES } from "../../domain/rights.ts";
import { newApiKey } from "../../platform/credentials/api-key.ts";
import { addToKeyFile, FILE_SCOPES, type FileScope } from "../../platform/credentials/key-file.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import type { Database } from "../store/schema.ts";
import { listApiKeys, makeApiKey, revokeApiKey, rotateApiKey, stateOf } from "./api-keys.ts";
import { loadKeysConfig } from "./config.ts";
import { tellOfKeys } from "./publish.ts";

const USAGE = `npm run api-keys -- make NAME --scopes A,B [--days 90] [--rate PER_SECOND]   prints the key, once
npm run api-keys -- list
npm run api-keys -- rotate ID [--overlap 24h]     a successor; the earlier key goes on so long
npm run api-keys -- revoke ID
  scopes: ${SCOPES.join(", ")}

For a scorer without a console (SCORER_API_KEYS_FILE there):
npm run api-keys -- NAME --file keys.json [--scopes ${FILE_SCOPES.join(",")}] [--rate PER_SECOND]
`;

/** `npm run api-keys`: keys for HTTP and gRPC. */
await runOrSayUsage(USAGE, run);

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      file: { type: "string" },
      scopes: { type: "string" },
      days: { type: "string" },
      overlap: { type: "string" },
      rate: { type: "string" },
    },
  });
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  const [command, subject] = positionals;
  if (values.file !== undefined) {
    if (command === undefined) throw new UsageError("");
    return await addToFile(values.file, command, values.scopes ?? "score", rate);
  }
  if (command === "list") return await list();
  if (subject === undefined) throw new UsageError("");
  if (command === "make") {
    return await withStore(async ({ db, tell }) => {
      const scopes = (values.scopes ?? "").split(",").map((scope) => scope.trim());
      const days = values.days === undefined ? undefined : Number(values.days);
      const made = await makeApiKey(db, operator(), { name: subject, scopes, days, ratePerSecond: rate });
      await tell();
      process.stdout.write(`${made.key}\n`);
    });
  }
  if (command === "rotate") {
    const overlap = values.overlap === undefined ? undefined : hoursOf(values.overlap);
    return await withStore(async ({ db, tell }) => {
      const made = await rotateApiKey(db, operator(), subject, overlap);
      await tell();
      process.stdout.write(`${made.key}\n`);
    });
  }
  if (command === "revoke") {
    return await withStore(async ({ db, tell }) => {
      await revokeApiKey(db, operator(), subject);
      await tell();
      process.stdout.write(`${subject} is revoked\n`);
    });
  }
  throw new UsageError("");
}

interface Store {
  readonly db: ReturnType<typeof openDatabase<Database>>;
  /** Scorers are told at once, where Redis is known. */
  tell(): Promise<void>;
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const config = configOrExit(loadKeysConfig);
  const { DATABASE_URL, REDIS_URL, REDIS_PREFIX } = config;
  const logger = createLogger("api-keys", "warn");
  const db = openDatabase<Database>(DATABASE_URL, logger, 1);
  const redis =
    REDIS_URL === undefined ? undefined : connectRedis({ ...config, REDIS_URL }, "producer", logger);
  try {
    await work({ db, tell: async () => redis && (await tellOfKeys(db, redis, REDIS_PREFIX)) });
  } finally {
    redis?.disconnect();
    await db.destroy();
  }
}

async function list(): Promise<void> {
  await withStore(async ({ db }) => {
    const keys = await listApiKeys(db);
    for (const key of keys) {
      const used = key.lastUsedAt ? `last used ${key.lastUsedAt.toISOString()}` : "never used";
      const ends = `${stateOf(key)} until ${(key.revokedAt ?? key.expiresAt).toISOString()}`;
      process.stdout.write(
        `${key.keyId}  ${key.name}  ${ends}  ${used}  ${key.scopes.join(",")}  by ${key.owner.name}\n`,
      );
    }
    if (keys.length === 0) process.stdout.write("no keys\n");
  });
}

async function addToFile(
  file: string,
  name: string,
  scopes: string,
  rate: number | undefined,
): Promise<void> {
  const { key, sha256 } = newApiKey();
  await addToKeyFile(file, {
    name,
    sha256,
    scopes: scopes.split(",") as FileScope[],
    ...(rate === undefined ? {} : { rate_per_second: rate }),
  });
  process.stdout.write(`${key}\n`);
}

/** "24h", "90m", "2d" */
function hoursOf(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageError(`--overlap ${text}: say it as 90m, 24h or 2d`);
  return Number(amount) * (unit === "d" ? 24 : unit === "h" ? 1 : 1 / 60);
}
