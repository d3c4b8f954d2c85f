import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { messageOf } from "../../../platform/process/errors.ts";
import { PaymentsWorld, worldOf } from "./world.ts";

/**
 * `npm run simulate:history -- --out FILE.csv [--days 120] [--customers 2000] [--start 2026-01-01] [--seed 1]`: payments
 * of a simulated world as a labelled CSV, to train on: transaction_id, event_time (UTC), customer, terminal, device,
 * amount (EUR), is_fraud.
 */
const USAGE =
  "npm run simulate:history -- --out FILE.csv [--days 120] [--customers 2000] [--start 2026-01-01] [--seed 1]";

const options = z.object({
  out: z.string().min(1),
  days: z.coerce.number().int().min(1).max(3_650).default(120),
  customers: z.coerce.number().int().min(10).max(100_000).default(2_000),
  start: z.iso.date().default("2026-01-01"),
  seed: z.coerce.number().int().min(0).max(4_294_967_295).default(1),
});

const HEADER = "transaction_id,event_time,customer,terminal,device,amount,is_fraud\n";

try {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      days: { type: "string" },
      customers: { type: "string" },
      start: { type: "string" },
      seed: { type: "string" },
    },
  });
  const given = options.safeParse(values);
  if (!given.success) throw new Error(z.prettifyError(given.error));
  await write(given.data);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\nusage: ${USAGE}\n`);
  process.exitCode = 2;
}

async function write({ out, days, customers, start, seed }: z.output<typeof options>): Promise<void> {
  const world = new PaymentsWorld(worldOf(customers, seed, Date.parse(`${start}T00:00:00Z`)));
  const file = createWriteStream(out, { mode: 0o600 });
  file.write(HEADER);
  let rows = 0;
  let frauds = 0;
  for (let day = 0; day < days; day++) {
    let text = "";
    for (const { at, customer, terminal, device, amount, pattern } of world.nextDay()) {
      const fraud = pattern === "none" ? 0 : 1;
      frauds += fraud;
      text += `h-${rows++},${new Date(at).toISOString()},${customer},${terminal},${device},${amount.toFixed(2)},${fraud}\n`;
    }
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  process.stdout.write(
    `${out}: ${rows.toLocaleString("en")} payments of ${days} days, ${frauds.toLocaleString("en")} frauds\n`,
  );
}
