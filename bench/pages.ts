import { parseArgs } from "node:util";
import { z } from "zod";
import type { Database } from "../pipeline/store/schema.ts";
import { openDatabase } from "../platform/process/database.ts";
import { createLogger } from "../platform/process/logger.ts";
import { addressesOf, type Kind } from "./pages/addresses.ts";
import { startNeighbours, startStore } from "./pages/house.ts";
import { measure, quantile, type Times, walk } from "./pages/measure.ts";
import { filledStore } from "./pages/store.ts";
import { type Figure, meets, print } from "./report.ts";
import { startBenchPostgres } from "./servers/postgres.ts";

/**
 * `npm run bench -- pages [-- --quick | --rows N] [--keep DIR] [--only WORD]`: how long every page and list takes on a store of ten
 * million decisions (made by SQL), under 500 written a second, beside the same on ten thousand, by turns.
 *
 * `--quick` has 300,000; `--keep` has the PostgreSQL server's files in a folder, so that a store is filled once; `--only`
 * asks for the kinds alone in whose name the word stands, again and again while one is worked on.
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    rows: { type: "string" },
    keep: { type: "string" },
    only: { type: "string" },
  },
});
const ROWS = z.coerce
  .number()
  .int()
  .min(10_000)
  .parse(values.rows ?? (values.quick ? 300_000 : 10_000_000));
const SMALL = 10_000;
const ROUNDS = values.quick ? 2 : 4;
const SAMPLES = values.quick ? 30 : 75;
/** Pages of a list that is walked. */
const WALKED = 200;
const MOST_MS = 50;
const MOST_TIMES = 3;
/** Below this both are noise, and their ratio says nothing. */
const NOISE_MS = 10;
/** Asked of every kind before anything is measured. */
const WARM_SAMPLES = 10;

const figures: Figure[] = [];
const show = (figure: Figure): void => {
  figures.push(figure);
  print(figure);
};

const postgres = await startBenchPostgres(values.keep);
const neighbours = await startNeighbours();
const open: { stop(): Promise<unknown> }[] = [neighbours];
try {
  const sides = [];
  for (const rows of [SMALL, ROWS]) {
    const { url, decisions, cases } = await filledStore(
      postgres,
      { rows, model: neighbours.champion },
      rows === SMALL ? undefined : values.keep,
    );
    console.log(`       ${decisions.toLocaleString("en")} decisions, ${cases.toLocaleString("en")} cases`);
    const db = openDatabase<Database>(url, createLogger("bench", "silent"), 1);
    const kinds = await addressesOf(db).finally(() => db.destroy());
    const store = await startStore(neighbours, url, `rows-${rows}`);
    open.unshift(store);
    for (const status of ["open", "decided"]) {
      const addresses = await walk(store.origin, `/api/v1/reviews?limit=50&status=${status}`, WALKED);
      kinds.push({ name: `API reviews, ${status}, walked by cursor`, addresses });
    }
    const wanted = values.only === undefined ? kinds : kinds.filter(isWanted(values.only));
    console.log(`       worker and web run; warming up with ${wanted.length} kinds of pages and lists`);
    await measure(store.origin, wanted, WARM_SAMPLES);
    sides.push({ store, kinds: wanted, times: new Map() as Times });
  }
  const [small, large] = sides as [(typeof sides)[number], (typeof sides)[number]];
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { store, kinds, times } of [small, large]) {
      const writer = await store.startWriter();
      await measure(store.origin, kinds, SAMPLES, times);
      await writer.stop();
      rates.push(Number(/"perSecond":(\d+)/.exec(writer.log.at(-1) ?? "")?.[1] ?? Number.NaN));
    }
  }
  show({ name: "written meanwhile", value: Math.min(...rates), unit: "decisions/s", atLeast: 475 });
  for (const kind of large.kinds) compare(kind, small.times, large.times);
  show({
    name: "worker start, spawn to ready",
    value: large.store.workerStart,
    unit: "s",
    atMost: 5,
    note: `at ten thousand ${small.store.workerStart.toFixed(2)}`,
  });
  show({ name: "web start, spawn to ready", value: large.store.webStart, unit: "s" });
} finally {
  for (const one of open) await one.stop();
  await postgres.stop();
}
const missed = figures.filter((figure) => !meets(figure));
console.log(`\n${figures.length - missed.length} of ${figures.length} figures met`);
process.exitCode = missed.length > 0 ? 1 : 0;

/** Kinds with one of the words, parted by commas, in their name, and those that such a kind is compared with. */
function isWanted(words: string): (kind: Kind, i: number, all: readonly Kind[]) => boolean {
  const named = ({ name }: Kind) => words.split(",").some((word) => name.includes(word));
  return (kind, _, all) => named(kind) || all.some((other) => other.like === kind.name && named(other));
}

function compare({ name: kind, like = kind }: Kind, before: Times, now: Times): void {
  const [few, many] = [before.get(like) ?? [], now.get(kind) ?? []];
  const p99 = quantile(many, 0.99);
  const note = `median ${quantile(many, 0.5).toFixed(1)}, ${many.length} answers`;
  show({ name: `${kind}, p99`, value: p99, unit: "ms", atMost: MOST_MS, note });
  show({
    name: "  … by ten thousand's",
    value: p99 / quantile(few, 0.99),
    unit: "×",
    ...(p99 > NOISE_MS ? { atMost: MOST_TIMES } : {}),
    note: `${quantile(few, 0.99).toFixed(1)} ms, median ${quantile(few, 0.5).toFixed(1)}`,
  });
}
