import { fuzzWeb } from "../web/testing/fuzz/fuzz.ts";

/**
 * `npm run fuzz -- --requests 100000 [--seed 1]`: mutated requests to every route of the web, on a real PostgreSQL
 * (`TEST_DATABASE_URL`, else the embedded one), Redis and scorer. Exits with 1 on an answer that is not documented, an
 * event loop that stood still for longer than 250 ms, or a secret in the log.
 */
const MOST_STALLED_MS = 250;

const args = process.argv.slice(2);
const option = (name: string, fallback: number): number =>
  args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback;
const requests = option("--requests", 10_000);
const seed = option("--seed", Date.now() % 1_000_000_007);

console.log(`seed ${seed}, ${requests} requests`);
const started = performance.now();
const found = await fuzzWeb(requests, seed, (done) => {
  if (done % 10_000 === 0)
    console.log(`  ${done} after ${Math.round((performance.now() - started) / 1_000)} s`);
});
const statuses = [...found.statuses]
  .sort(([a], [b]) => a - b)
  .map(([status, times]) => `${status} × ${times}`);
console.log(`${found.routes} routes answered ${statuses.join(", ")}`);
console.log(`longest stall of the event loop: ${found.longestStallMs} ms (≤ ${MOST_STALLED_MS})`);
console.log(`lines of the log: ${found.logLines}, with a secret: ${found.leaks.length}`);
for (const line of found.leaks.slice(0, 5)) console.log(`  ${line.slice(0, 500)}`);
console.log(`answers that are not documented: ${found.undocumented.size}`);
for (const [what, request] of found.undocumented) console.log(`  ${what}\n    ${request}`);
const failed = found.undocumented.size + found.leaks.length > 0 || found.longestStallMs > MOST_STALLED_MS;
process.exit(failed ? 1 : 0);
