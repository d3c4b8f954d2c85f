import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import { ratesPlace, writeRates } from "../../features/exchange/publication.ts";
import { publish, publishedMark } from "../../platform/process/published.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import { readAllRates, readRatesVersion } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";

/**
 * The worker's part, done again and again: tells scorers, through Redis, the rates by which they read amounts in other
 * currencies, when Redis does not know them or has lost them.
 */
export function ratesCourier(
  db: Kysely<Database>,
  redis: RedisConnection,
  prefix: string,
): () => Promise<void> {
  const place = ratesPlace(prefix);
  let told: { readonly version: number; readonly digest: string } | undefined;
  let laterBefore: number | undefined;
  return async () => {
    const [version, there] = await Promise.all([readRatesVersion(db), publishedMark(redis, place)]);
    if (told && told.version === version && there?.digest === told.digest) return;
    const { base, rates, version: read } = await readAllRates(db);
    const text = writeRates(read, base, rates);
    const publication = {
      version: read,
      digest: createHash("sha256").update(text).digest("hex"),
      text,
    };
    const later = await publish(redis, place, publication);
    // A later version that stays is from a store that is no more: this one was restored from a backup.
    if (later !== undefined && later === laterBefore) await publish(redis, place, publication, true);
    laterBefore = later;
    told = publication;
  };
}
