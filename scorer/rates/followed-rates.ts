import { ExchangeRates, type RatesSource, rateCommand } from "../../domain/exchange.ts";
import { ratesPlace, readPublishedRates } from "../../features/exchange/publication.ts";
import { Followed } from "../../platform/process/followed.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { publishedMark, publishedText } from "../../platform/process/published.ts";
import { connectRedis, type RedisAddress } from "../../platform/process/redis.ts";

export interface FollowedRatesOptions {
  /** Where the operator's rates are found; undefined for a scorer that has the file's alone. */
  readonly redis: RedisAddress | undefined;
  readonly prefix: string;
  /** The last known rates, so that a start needs no Redis. */
  readonly file: string;
  readonly logger: Logger;
}

/** The rates that an operator has set, followed through Redis; while that is away, the last known ones hold. */
export class FollowedRates implements RatesSource {
  current = ExchangeRates.NONE;
  readonly remedy = rateCommand;
  #refresh: () => Promise<unknown> = () => Promise.resolve();
  #close: () => void = () => {};

  private constructor() {}

  static async open({ redis: address, prefix, file, logger }: FollowedRatesOptions): Promise<FollowedRates> {
    const followed = new FollowedRates();
    const redis = address === undefined ? undefined : connectRedis(address, "producer", logger);
    const place = ratesPlace(prefix);
    const source = await Followed.open({
      ...{ what: "exchange rates", file, logger },
      async ask() {
        const mark = redis && (await publishedMark(redis, place));
        if (!redis || !mark) return null;
        return { mark: `${mark.version} ${mark.digest}`, text: () => publishedText(redis, place) };
      },
      parse: readPublishedRates,
      use: ({ rates }) => {
        followed.current = rates;
      },
    });
    if (redis) followed.#refresh = () => source.refresh();
    followed.#close = () => redis?.disconnect();
    return followed;
  }

  /** Looks whether a rate was set. */
  async refresh(): Promise<void> {
    await this.#refresh();
  }

  close(): void {
    this.#close();
  }
}
