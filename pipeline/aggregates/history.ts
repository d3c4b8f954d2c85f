import type { Kysely } from "kysely";
import type { PaymentRow } from "../../features/offline/payments.ts";
import type { RecordedPayment } from "../../features/online/aggregates.ts";
import type { Database } from "../store/schema.ts";
import { type ImportedPlace, importedAfter } from "./imported-payments.ts";
import { type Place, paymentsAfter } from "./stored-payments.ts";

/** Payments of the store that follow each other. */
export interface HistoryPart {
  readonly payments: readonly RecordedPayment[];
  /** The last decided one so far. */
  readonly decidedUntil: Place | undefined;
}

const AT_ONCE = 2_000;

/**
 * All payments of the store in the order of their recording: decided ones as they were decided, imported ones as if each
 * had been recorded when it happened. Redacted ones are passed over: they would teach that a stranger did it. In one pass,
 * in memory two pages of each.
 *
 * @param atOnce payments of a page
 */
export async function* historyOf(db: Kysely<Database>, atOnce = AT_ONCE): AsyncGenerator<HistoryPart> {
  const decided = new Ahead<Timed>(decidedPages(db, atOnce));
  const imported = new Ahead<Timed>(importedPages(db, atOnce));
  let decidedUntil: Place | undefined;
  let payments: RecordedPayment[] = [];
  for (;;) {
    const [one, other] = [await decided.first(), await imported.first()];
    if (!one && !other) break;
    if (other && (!one || other.atMs <= one.atMs)) {
      payments.push(other.payment);
      imported.take();
    } else if (one) {
      payments.push(one.payment);
      decidedUntil = one.place;
      decided.take();
    }
    if (payments.length === atOnce) {
      yield { payments, decidedUntil };
      payments = [];
    }
  }
  if (payments.length > 0) yield { payments, decidedUntil };
}

/**
 * The store's payments as those of a file are read, for whatever runs over files: the same order, and of labels those
 * that are known by now.
 */
export async function* storedRows(db: Kysely<Database>): AsyncGenerator<readonly PaymentRow[]> {
  const now = Date.now();
  let line = 0;
  for await (const { payments } of historyOf(db)) {
    yield payments.map(({ payment, word }) => ({
      line: ++line,
      payment,
      label: word && word.knownAtMs <= now ? word : undefined,
    }));
  }
}

interface Timed {
  readonly atMs: number;
  readonly payment: RecordedPayment;
  readonly place?: Place;
}

async function* decidedPages(db: Kysely<Database>, atOnce: number): AsyncGenerator<readonly Timed[]> {
  for (let place: Place | undefined; ; ) {
    const page = await paymentsAfter(db, place, atOnce);
    place = page.at(-1)?.place;
    if (!place) return;
    yield page
      .filter(({ redacted }) => !redacted)
      .map((payment) => ({
        atMs: Date.parse(payment.place.decidedAt),
        payment,
        place: payment.place,
      }));
  }
}

async function* importedPages(db: Kysely<Database>, atOnce: number): AsyncGenerator<readonly Timed[]> {
  for (let place: ImportedPlace | undefined; ; ) {
    const { payments, end } = await importedAfter(db, place, atOnce);
    if (!end) return;
    place = end;
    yield payments.map((payment) => ({ atMs: payment.payment.eventTimeMs, payment }));
  }
}

/** Pages read one ahead, given out one by one. */
class Ahead<T> {
  readonly #pages: AsyncGenerator<readonly T[]>;
  #next: Promise<IteratorResult<readonly T[]>>;
  #page: readonly T[] = [];
  #at = 0;

  constructor(pages: AsyncGenerator<readonly T[]>) {
    this.#pages = pages;
    this.#next = this.#ask();
  }

  /** The first that was not taken; undefined at the end. */
  first(): T | undefined | Promise<T | undefined> {
    return this.#at < this.#page.length ? this.#page[this.#at] : this.#turn();
  }

  take(): void {
    this.#at++;
  }

  async #turn(): Promise<T | undefined> {
    while (this.#at >= this.#page.length) {
      const { done, value } = await this.#next;
      if (done) return undefined;
      this.#page = value;
      this.#at = 0;
      this.#next = this.#ask();
    }
    return this.#page[this.#at];
  }

  #ask(): Promise<IteratorResult<readonly T[]>> {
    const next = this.#pages.next();
    // Awaited one page later; a failure until then is not unhandled.
    next.catch(() => {});
    return next;
  }
}
