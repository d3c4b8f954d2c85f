import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { computeFeatures } from "../../models/handbook/features-task.ts";
import { paysecureData } from "../../models/report/config.ts";
import { Random } from "../../platform/math/random.ts";
import type { Figure } from "../report.ts";

const ROWS = 1_303_778;

/**
 * The 15 published features of the Handbook's file, from its bytes to a matrix, in one process; where the file is not
 * there, of as many made-up payments of as many customers and terminals.
 */
export async function measureOffline(args: readonly string[]): Promise<readonly Figure[]> {
  const given = args.includes("--data") ? args[args.indexOf("--data") + 1]! : undefined;
  const file = given ?? join(paysecureData(), "handbook-transactions.csv.gz");
  const made =
    given === undefined && !existsSync(file) ? await mkdtemp(join(tmpdir(), "bench-features-")) : undefined;
  try {
    const path = made === undefined ? file : await makeUp(join(made, "payments.csv"));
    const started = performance.now();
    let rows = 0;
    const matrix = await computeFeatures({ path, schema: "published", from: 0, to: ROWS }, (count) => {
      rows = count;
    });
    const seconds = (performance.now() - started) / 1_000;
    const cpu = process.cpuUsage();
    const busy = ((cpu.user + cpu.system) / 1e6).toFixed(1);
    const note = `${rows.toLocaleString("en")} rows × ${matrix.columns}, ${made === undefined ? "the Handbook's file" : "made up"}; ${busy} s of CPU`;
    return [
      { name: "features offline", value: seconds, unit: "s", atMost: (30 * rows) / ROWS, note },
      { name: "rows a second", value: rows / seconds, unit: "rows/s" },
      {
        name: "peak memory of the process",
        value: process.resourceUsage().maxRSS / 1_000,
        unit: "MB",
        atMost: 1_000,
        note: "the matrix among it",
      },
    ];
  } finally {
    if (made !== undefined) await rm(made, { recursive: true });
  }
}

async function makeUp(path: string): Promise<string> {
  const random = new Random(1);
  const out = createWriteStream(path);
  const done = finished(out);
  out.write("transaction_id,event_time,customer_id,terminal_id,amount,is_fraud\n");
  const start = Date.UTC(2018, 3, 1);
  const stepMs = (136 * 86_400_000) / ROWS;
  for (let i = 0; i < ROWS; ) {
    let text = "";
    for (const end = Math.min(ROWS, i + 10_000); i < end; i++) {
      const time = new Date(start + i * stepMs).toISOString();
      text += `${i},${time},${random.int(5_000)},${random.int(10_000)},${(random.exponential() * 53).toFixed(2)},${Number(random.next() < 0.008)}\n`;
    }
    if (!out.write(text)) await new Promise<void>((resolve) => out.once("drain", resolve));
  }
  out.end();
  await done;
  return path;
}
