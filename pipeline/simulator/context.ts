import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import type { ContextName } from "../../domain/transaction.ts";
import type { Random } from "../../platform/math/random.ts";
import type { QueuedTransaction } from "../queues.ts";
import type { Features } from "./generator.ts";
import { WeightedChoice } from "./weighted-choice.ts";

/** What people read about a transaction and the model does not. */
export type Context = Pick<QueuedTransaction, "currency" | ContextName>;

const CARDS = 3_000;
const MERCHANTS = 400;
/** A stolen card is used this often at most before another one is. */
const USES_OF_A_STOLEN_CARD = 6;

/** Where cards and merchants are, by share. */
const COUNTRIES: readonly (readonly [code: string, share: number])[] = [
  ["BE", 30],
  ["FR", 22],
  ["NL", 14],
  ["DE", 14],
  ["LU", 5],
  ["ES", 5],
  ["IT", 5],
  ["GB", 3],
  ["US", 2],
];

interface Category {
  readonly name: string;
  readonly share: number;
  /** Typical amount. */
  readonly amount: number;
  /** Shares of chip, contactless, online. */
  readonly channels: readonly [number, number, number];
}

const CATEGORIES: readonly Category[] = [
  { name: "groceries", share: 24, amount: 28, channels: [45, 52, 3] },
  { name: "restaurants", share: 14, amount: 22, channels: [40, 58, 2] },
  { name: "fuel", share: 8, amount: 50, channels: [85, 15, 0] },
  { name: "transport", share: 9, amount: 6, channels: [10, 60, 30] },
  { name: "digital goods", share: 9, amount: 5, channels: [0, 0, 100] },
  { name: "clothing", share: 9, amount: 60, channels: [40, 20, 40] },
  { name: "pharmacy", share: 6, amount: 18, channels: [45, 52, 3] },
  { name: "electronics", share: 5, amount: 220, channels: [35, 5, 60] },
  { name: "household", share: 6, amount: 90, channels: [60, 20, 20] },
  { name: "travel", share: 4, amount: 350, channels: [10, 0, 90] },
  { name: "hotels", share: 3, amount: 180, channels: [55, 5, 40] },
  { name: "gift cards", share: 3, amount: 80, channels: [15, 5, 80] },
];
const CHANNELS = ["chip", "contactless", "online", "magstripe", "moto"] as const;
/**
 * Honest payments by magnetic stripe (where there is a counter) and by mail or telephone, beside a category's shares of
 * chip, contactless and online: no channel is the frauds' alone, or it would tell the truth to whoever judges a case.
 */
const OLD_CHANNEL_SHARES = { magstripe: 2, moto: 1 } as const;
const FRAUD_CHANNEL_SHARES = [0, 0, 78, 14, 8];
/** What stolen cards are used for, on top of the amount: as the shares above are multiplied. */
const FRAUD_TASTE: Readonly<Record<string, number>> = {
  "gift cards": 6,
  electronics: 4,
  "digital goods": 4,
  travel: 2,
};

interface Card {
  readonly token: string;
  readonly country: string;
}

interface Merchant {
  readonly id: string;
  readonly country: string;
}

interface Merchants {
  readonly all: readonly Merchant[];
  readonly byCountry: ReadonlyMap<string, readonly Merchant[]>;
}

/** Gives transactions a card, a merchant, a place: cards come back, some often; stolen ones in bursts. */
export interface ContextSource {
  describe(features: Features): Context;
}

export function createContext(random: Random): ContextSource {
  const countries = new WeightedChoice(COUNTRIES.map(([, share]) => share));
  const country = (): string => COUNTRIES[countries.draw(random)]![0];
  const cards: Card[] = Array.from({ length: CARDS }, () => ({
    token: `tok_${letters(random, 14)}`,
    country: country(),
  }));
  // Zipf: few cards are used daily, most now and then.
  const activity = new WeightedChoice(cards.map((_, i) => 1 / (i + 20)));
  const merchants = new Map<string, Merchants>();
  for (const { name, share } of CATEGORIES) {
    const count = Math.max(6, Math.round((MERCHANTS * share) / 100));
    const all = Array.from({ length: count }, () => ({
      id: `mer_${letters(random, 8)}`,
      country: country(),
    }));
    const at = (code: string): Merchant[] => all.filter((merchant) => merchant.country === code);
    merchants.set(name, { all, byCountry: new Map(COUNTRIES.map(([code]) => [code, at(code)])) });
  }
  let stolen: Card | undefined;
  let usesLeft = 0;

  const cardFor = (fraud: boolean): Card => {
    if (!fraud) return cards[activity.draw(random)]!;
    if (!stolen || usesLeft === 0) {
      stolen = cards[random.int(CARDS)]!;
      usesLeft = 1 + random.int(USES_OF_A_STOLEN_CARD);
    }
    usesLeft--;
    return stolen;
  };
  return {
    describe({ amount, fraud }) {
      const card = cardFor(fraud);
      const category = CATEGORIES[random.pick(CATEGORIES.map((c) => likelihood(c, amount, fraud)))]!;
      const { all, byCountry } = merchants.get(category.name)!;
      const home = byCountry.get(card.country)!;
      const abroad = random.next() < (fraud ? 0.6 : 0.12) || home.length === 0;
      const from = abroad ? all : home;
      const merchant = from[random.int(from.length)]!;
      return {
        currency: DEFAULT_CURRENCY,
        cardToken: card.token,
        merchantId: merchant.id,
        merchantCategory: category.name,
        country: merchant.country,
        channel: CHANNELS[random.pick(fraud ? FRAUD_CHANNEL_SHARES : honestShares(category))]!,
      };
    },
  };
}

/** Shares of {@link CHANNELS}. */
function honestShares({ channels: [chip, contactless, online] }: Category): number[] {
  const { magstripe, moto } = OLD_CHANNEL_SHARES;
  return [chip, contactless, online, chip > 0 ? magstripe : 0, moto];
}

/** Share of the category times how usual the amount is there (log-normal, a factor of e to either side). */
function likelihood({ name, share, amount: typical }: Category, amount: number, fraud: boolean): number {
  const distance = Math.log(amount + 1) - Math.log(typical + 1);
  return share * (fraud ? (FRAUD_TASTE[name] ?? 1) : 1) * Math.exp(-(distance ** 2) / 2);
}

/** Letters only: an id with many digits could look like a card number. */
function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(97 + random.int(26))).join("");
}
