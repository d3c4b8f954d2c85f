import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { extname } from "node:path";
import type { Writable } from "node:stream";
import { parseArgs } from "node:util";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { runOrSayUsage, UsageError } from "../../platform/process/usage.ts";
import { loadStoreConfig } from "../store/config.ts";
import type { Database } from "../store/schema.ts";
import { momentOf } from "./asked.ts";
import { readCursor } from "./cursor.ts";
import { DATASETS, datasetNamed } from "./datasets.ts";
import { type Asked, beginExport, type Export } from "./export.ts";
import { FORMAT_NAMES, type FormatName, isFormatName } from "./formats.ts";

const USAGE = `npm run export -- DATASET [--out FILE] [--format ${FORMAT_NAMES.join("|")}]
    [--since TIME] [--until TIME] [--after CURSOR] [--follow]

${DATASETS.map(({ name, about }) => `${name.padEnd(16)} ${about}`).join("\n")}

Times are days (2026-11-26, UTC) or moments with a zone. Without --out it goes to standard output (npm run -s export …).
The format is the file's name's, jsonl without one. CURSOR is where a file ended, which is said at its end.
--follow goes on with what is decided from now on, from --since, or behind --after, until it is stopped.
`;
/** How often it is said how far it is, milliseconds. */
const SAY_EVERY_MS = 5_000;

/** `npm run export`: decisions, cases, labels, the transaction log and features as files. */
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
await runOrSayUsage(USAGE, run);

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ out: { type: "string" }, format: { type: "string" }, after: { type: "string" } },
      ...{
        since: { type: "string" },
        until: { type: "string" },
        follow: { type: "boolean", default: false },
      },
    } as const,
  });
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError("");
  const dataset = datasetNamed(name);
  if (!dataset) throw new UsageError(`there is no ${name}: ${DATASETS.map((one) => one.name).join(", ")}`);
  const asked: Asked = {
    ...{ dataset, format: formatOf(values.format, values.out) },
    since: values.since === undefined ? undefined : momentOf("--since", values.since),
    until: values.until === undefined ? undefined : momentOf("--until", values.until),
    after: values.after === undefined ? undefined : readCursor(values.after, dataset),
    follow: values.follow
      ? { signal: stop.signal, onAway: () => say("the database does not answer, waiting") }
      : undefined,
  };
  const config = configOrExit(loadStoreConfig);
  const db = openDatabase<Database>(config.DATABASE_URL, createLogger("export", "silent"), 2);
  try {
    // Before the act is told of: a file that cannot be made takes nothing out.
    const out = values.out === undefined ? process.stdout : await newFile(values.out);
    await write(await beginExport(db, asked, operator()), asked, out, values.out);
  } finally {
    await db.destroy();
  }
}

async function write(
  { bytes, progress, until }: Export,
  { dataset: { name }, format, follow }: Asked,
  out: Writable,
  file: string | undefined,
): Promise<void> {
  const soFar = (): string =>
    `${progress.rows.toLocaleString("en")} rows of ${name}${progress.cursor === null ? "" : `, up to ${progress.cursor}`}`;
  let saidAt = performance.now();
  // Told by the callbacks of what is written.
  out.on("error", () => {});
  try {
    for await (const chunk of bytes) {
      await written(out, chunk);
      if (stop.signal.aborted && !follow) throw new DomainError("cancelled", "stopped");
      if (follow || performance.now() - saidAt < SAY_EVERY_MS) continue;
      saidAt = performance.now();
      say(soFar());
    }
    if (file !== undefined) await ended(out);
  } catch (error) {
    // Whoever reads standard output has enough, as head does.
    if (file === undefined && codeOf(error) === "EPIPE") return;
    if (file !== undefined && format === "parquet") await rm(file, { force: true });
    const left = format === "parquet" ? "nothing is left of the file" : `the file is not whole: ${soFar()}`;
    throw new DomainError("internal", `${messageOf(error)}; ${left}`, { cause: error });
  }
  say(soFar());
  if (until !== null) say(`the next begins with --since ${until}`);
}

function written(out: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => out.write(bytes, (error) => (error ? reject(error) : resolve())));
}

function ended(out: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    out.once("error", reject);
    out.end(resolve);
  });
}

/** @throws DomainError `invalid_argument` when there is such a file, or it cannot be made */
async function newFile(path: string): Promise<Writable> {
  const file = createWriteStream(path, { flags: "wx" });
  await new Promise((resolve, reject) => {
    file.once("open", resolve);
    file.once("error", (error) =>
      reject(
        new DomainError(
          "invalid_argument",
          `${path}: ${codeOf(error) === "EEXIST" ? "is there already" : messageOf(error)}`,
        ),
      ),
    );
  });
  return file;
}

function formatOf(format: string | undefined, out: string | undefined): FormatName {
  const wanted = format ?? (out === undefined ? "jsonl" : extname(out).slice(1).toLowerCase());
  if (isFormatName(wanted)) return wanted;
  throw new UsageError(
    format === undefined
      ? `${out}: say --format, or call the file ${FORMAT_NAMES.map((one) => `*.${one}`).join(" or ")}`
      : `no format ${format}: ${FORMAT_NAMES.join(", ")}`,
  );
}
