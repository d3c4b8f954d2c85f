import { Random } from "../../../platform/math/random.ts";

const DAY_MS = 86_400_000;

/** Days that a compromised terminal, and a compromised customer, stay so (Fraud Detection Handbook, chapter 3). */
const TERMINAL_DAYS = 28;
const CUSTOMER_DAYS = 14;
/** Every payment above is a fraud: the pattern that a plain rule finds. */
const OBVIOUS_AMOUNT = 220;
/** A compromised customer's card is used by the thief for this share of the payments, at a multiple of the amount. */
const STOLEN_SHARE = 1 / 3;
const STOLEN_FACTOR = 5;
/** Payments lie around noon: mean and standard deviation in seconds of the day. */
const NOON_S = 43_200;
const SPREAD_S = 20_000;
/** How often a thief pays from a device that the customer never had. */
const FOREIGN_DEVICE_SHARE = 0.7;
/** The square that everybody lives in. */
const SIDE = 100;

/** How a payment came to be a fraud: 0 is none. */
export type Pattern = "none" | "amount" | "terminal" | "customer";

export interface SimulatedPayment {
  /** When, milliseconds since 1970. */
  readonly at: number;
  readonly customer: string;
  readonly terminal: string;
  readonly device: string;
  /** In EUR, two decimals. */
  readonly amount: number;
  readonly pattern: Pattern;
}

export interface WorldOptions {
  readonly seed: number;
  readonly customers: number;
  readonly terminals: number;
  /** Terminals within this distance of a customer's home are where the customer pays; the square has sides of 100. */
  readonly radius: number;
  /** Terminals and customers that fall to thieves each day, on average. */
  readonly terminalsADay: number;
  readonly customersADay: number;
  /** Midnight (UTC) of the first day. */
  readonly startMs: number;
}

/** The Handbook's proportions: two of 10,000 terminals and three of 5,000 customers a day. */
export function worldOf(customers: number, seed: number, startMs: number): WorldOptions {
  const terminals = customers * 2;
  return {
    ...{ seed, customers, terminals, startMs },
    radius: 5 * Math.sqrt(10_000 / terminals),
    terminalsADay: (2 * terminals) / 10_000,
    customersADay: (3 * customers) / 5_000,
  };
}

interface Customer {
  readonly id: string;
  readonly mean: number;
  readonly deviation: number;
  readonly paymentsADay: number;
  readonly terminals: readonly number[];
  readonly devices: readonly string[];
  /** The first day on which it is safe again. */
  compromisedUntil: number;
}

/**
 * Customers who pay at terminals near their homes, and thieves: the generator that the Fraud Detection Handbook
 * publishes (Le Borgne, Siblini, Lebichot, Bontempi 2022, chapter 3 "Transaction data simulator"), with devices added.
 * Three patterns: an amount over 220; a terminal in the hands of thieves for 28 days, every payment there; a customer's
 * card for 14 days, a third of the payments at five times the amount, mostly from a strange device. The same options
 * make the same days.
 */
export class PaymentsWorld {
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #customers: readonly Customer[];
  /** The first day on which a terminal is safe again. */
  readonly #terminalsUntil: Int32Array;
  #day = 0;
  #strangers = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, 0);
    this.#customers = people(options, new Random(options.seed, 1));
    this.#terminalsUntil = new Int32Array(options.terminals);
  }

  /** Midnight (UTC) of the day that comes next. */
  get nextDayMs(): number {
    return this.#options.startMs + this.#day * DAY_MS;
  }

  /** The payments of the next day, in order of time. */
  nextDay(): SimulatedPayment[] {
    const day = this.#day;
    const midnight = this.nextDayMs;
    this.#compromise(day);
    const payments: SimulatedPayment[] = [];
    for (const customer of this.#customers) this.#paymentsOf(customer, day, midnight, payments);
    this.#day++;
    return payments.sort((a, b) => a.at - b.at);
  }

  #compromise(day: number): void {
    const { terminalsADay, customersADay, terminals } = this.#options;
    for (let n = poisson(terminalsADay, this.#random); n > 0; n--) {
      this.#terminalsUntil[this.#random.int(terminals)] = day + TERMINAL_DAYS;
    }
    for (let n = poisson(customersADay, this.#random); n > 0; n--) {
      this.#customers[this.#random.int(this.#customers.length)]!.compromisedUntil = day + CUSTOMER_DAYS;
    }
  }

  #paymentsOf(customer: Customer, day: number, midnight: number, into: SimulatedPayment[]): void {
    const random = this.#random;
    const { terminals, devices } = customer;
    for (let n = poisson(customer.paymentsADay, random); n > 0; n--) {
      const second = NOON_S + SPREAD_S * random.normal();
      if (terminals.length === 0 || !(second > 0 && second < 86_400)) continue;
      const drawn = customer.mean + customer.deviation * random.normal();
      let amount = drawn < 0 ? random.next() * 2 * customer.mean : drawn;
      const terminal = terminals[random.int(terminals.length)]!;
      let device = devices[random.int(devices.length)]!;
      let pattern: Pattern = amount > OBVIOUS_AMOUNT ? "amount" : "none";
      if (day < this.#terminalsUntil[terminal]!) pattern = "terminal";
      if (day < customer.compromisedUntil && random.next() < STOLEN_SHARE) {
        amount *= STOLEN_FACTOR;
        pattern = "customer";
        if (random.next() < FOREIGN_DEVICE_SHARE) device = `d-stranger-${++this.#strangers}`;
      }
      into.push({
        at: midnight + Math.floor(second * 1_000),
        customer: customer.id,
        terminal: `t-${terminal}`,
        device,
        amount: Math.round(amount * 100) / 100,
        pattern,
      });
    }
  }
}

function people({ customers, terminals, radius }: WorldOptions, random: Random): Customer[] {
  const place = () => ({ x: random.next() * SIDE, y: random.next() * SIDE });
  const tills = Array.from({ length: terminals }, place);
  return Array.from({ length: customers }, (_, i) => {
    const home = place();
    const mean = 5 + 95 * random.next();
    return {
      id: `c-${i}`,
      mean,
      deviation: mean / 2,
      paymentsADay: 4 * random.next(),
      terminals: [...tills.keys()].filter((t) => {
        const { x, y } = tills[t]!;
        return (x - home.x) ** 2 + (y - home.y) ** 2 < radius ** 2;
      }),
      devices: Array.from({ length: 1 + random.int(2) }, (_, n) => `d-${i}-${n}`),
      compromisedUntil: 0,
    };
  });
}

/** A draw of the Poisson distribution: how many waits of a mean of one fit into `mean`. */
function poisson(mean: number, random: Random): number {
  let count = 0;
  for (let sum = random.exponential(); sum < mean; sum += random.exponential()) count++;
  return count;
}
