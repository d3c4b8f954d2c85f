import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Actor } from "../../domain/actors.ts";
import { containsPan } from "../../domain/pan.ts";
import { actorSchema } from "../../platform/process/actor-schema.ts";
import { codeOf, DomainError, messageOf } from "../../platform/process/errors.ts";
import { CHAIN_START, chainFault, chainHash } from "../../platform/process/hash-chain.ts";
import { replaceFile } from "../../platform/process/replace-file.ts";
import { readLegacyState } from "./legacy-state.ts";
import { parseRegistryJson, readRegistryFile } from "./registry-file.ts";

/**
 * Who serves: one truth (`serving.json` in the registry's folder), one writer ({@link changeServing}), one history
 * (`serving.history.jsonl`, hash-chained). Every scorer process reads the truth and follows it.
 */
const STATE = "serving.json";
const HISTORY = "serving.history.jsonl";
const LOCK = "serving.lock";

/** Files that change when who serves does: a scorer watches them. */
export const SERVING_FILES: readonly string[] = [STATE, "aliases.json"];

/** Each scores every payment once more. */
export const MAX_SHADOWS = 4;

const stateSchema = z.object({
  /** "name@version"; "" in a registry that has none yet. */
  champion: z.string(),
  /** Answers for this share of the cards, [0, 1]. */
  challenger: z.object({ model: z.string(), share: z.number().min(0).max(1) }).nullable(),
  /** Score everything too, off the answer's path, to be compared. */
  shadows: z.array(z.string()).max(MAX_SHADOWS),
});

/** Which models serve, as "name@version". */
export type ServingState = Readonly<z.output<typeof stateSchema>>;

const actSchema = z.enum([
  ...["seed", "promote", "roll_back", "set_challenger", "set_shadows", "load"],
  /** The file was changed past {@link changeServing}: found later, and taken for what was wanted. */
  "edit",
] as const);

const entrySchema = z.object({
  /** 1, 2, 3 … without gaps. */
  seq: z.number().int().positive(),
  at: z.iso.datetime(),
  actor: actorSchema,
  act: actSchema,
  /** The role that was changed: "champion", "challenger", "shadow"; "" where none was. */
  role: z.string(),
  before: stateSchema,
  after: stateSchema,
  reason: z.string(),
  /** What the gate said against it when it was forced; "" when it was not. */
  despite: z.string(),
});

/** One change of who serves. */
export type ServingChange = Readonly<z.output<typeof entrySchema>>;
export type ServingAct = z.output<typeof actSchema>;

const lineSchema = z.object({ entry: entrySchema, previous: z.string(), hash: z.string() });

/**
 * Who serves now. A registry of an earlier version (aliases.json, serving.json without a champion) is read as it was.
 *
 * @throws DomainError `invalid_argument` when the file is wrong, `not_found` when it cannot be read
 */
export async function readServing(root: string): Promise<ServingState> {
  const text = await readRegistryFile(root, STATE);
  if (text !== undefined) {
    const parsed = parseRegistryJson(STATE, text, z.looseObject({ champion: z.string().optional() }));
    if (parsed.champion !== undefined) return Object.freeze(parseRegistryJson(STATE, text, stateSchema));
  }
  return Object.freeze((await readLegacyState(root, text)).state);
}

/** As {@link readServing}; when the file is broken, the last state of the history, with what is wrong. */
export async function readServingOrLast(root: string): Promise<{ state: ServingState; trouble?: string }> {
  try {
    return { state: await readServing(root) };
  } catch (error) {
    const last = (await readServingHistory(root).catch(() => [])).at(-1);
    if (!last) throw error;
    return { state: last.after, trouble: `${messageOf(error)}; the last state of its history is served` };
  }
}

/**
 * Every change, oldest first.
 *
 * @param after only those behind this seq
 * @throws DomainError `invalid_argument` naming the first line that is wrong or does not follow the one before it
 */
export async function readServingHistory(root: string, after = 0): Promise<ServingChange[]> {
  return (await readChain(root)).map(({ entry }) => entry).filter(({ seq }) => seq > after);
}

/** What somebody wants changed. */
export interface ServingRequest {
  readonly actor: Actor;
  readonly act: ServingAct;
  readonly role: string;
  readonly reason: string;
  readonly despite?: string;
  /** From what is served now to what is to be; the same object means nothing changes. */
  change(now: ServingState): ServingState | Promise<ServingState>;
}

/**
 * Changes who serves, the only way there is: under a lock that every process takes, the history first, then the truth in
 * one step. A process that dies in between has its change made by the next one.
 *
 * @returns the change; null when nothing was to be changed
 * @throws DomainError `conflict` when the registry cannot be written or another process holds the lock too long; what
 *   `change` throws; `invalid_argument` for a reason with a card number
 */
export async function changeServing(root: string, request: ServingRequest): Promise<ServingChange | null> {
  if (containsPan(`${request.reason}\n${request.despite ?? ""}`)) {
    const description = "looks as if it holds a card number; leave the number out";
    throw DomainError.invalid([{ field: "reason", description }]);
  }
  return await locked(root, async () => {
    const chain = await takeOver(root);
    const before = await readServing(root);
    const after = await request.change(before);
    if (after === before && request.act !== "load") return null;
    const { actor, act, role, reason, despite = "" } = request;
    const entry: ServingChange = {
      ...{ seq: chain.length + 1, at: new Date().toISOString(), actor: { ...actor }, act, role },
      ...{ before, after, reason, despite },
    };
    await append(root, chain.at(-1)?.hash ?? CHAIN_START, entry);
    await write(root, after);
    return entry;
  });
}

/**
 * Writes into the history what was changed in the file by hand, if anything was; the next change does so too. Scorers
 * have followed the file meanwhile: who serves was no secret, only nobody's act. Setting the file back by hand to what it
 * was before the last change is not told from a change that its process did not live to make.
 *
 * @returns the change that was found; null when the file is what its history says
 * @throws DomainError `invalid_argument` when the history is broken, `conflict` when it cannot be written
 */
export async function takeInEdit(root: string): Promise<ServingChange | null> {
  const last = (await readChain(root)).at(-1);
  if (!last || !(await isEdited(root, last.entry))) return null;
  return await locked(root, async () => {
    const newest = (await takeOver(root)).at(-1)!.entry;
    return newest.seq > last.entry.seq && newest.act === "edit" ? newest : null;
  });
}

/** Whether the file is neither what the last change made of it nor what it was before; a broken one says nothing. */
async function isEdited(root: string, last: ServingChange): Promise<boolean> {
  const now = await readServing(root).catch(() => undefined);
  return now !== undefined && !isSame(now, last.before) && !isSame(now, last.after);
}

/** Both as the schema gives them. */
function isSame(a: ServingState, b: ServingState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whoever changed the file left no name. */
const SOMEBODY: Actor = { kind: "operator", id: "unknown", name: "somebody with access to the registry" };

type Line = z.output<typeof lineSchema>;

/**
 * Brings a registry of an earlier version, or one whose last change was not finished, to where its history says it is,
 * and the history to where the file is when that was changed by hand.
 *
 * @returns the chain
 */
async function takeOver(root: string): Promise<Line[]> {
  const text = (await readRegistryFile(root, HISTORY)) ?? "";
  if (text !== "" && !text.endsWith("\n")) {
    await truncate(join(root, HISTORY), Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
  }
  const chain = await readChain(root);
  if (chain.length === 0) {
    const { history } = await readLegacyState(root, await readRegistryFile(root, STATE));
    let previous = CHAIN_START;
    for (const [i, made] of history.entries()) {
      previous = await append(root, previous, { ...made, seq: i + 1 });
    }
    return history.length > 0 ? await readChain(root) : chain;
  }
  const { entry: last, hash } = chain.at(-1)!;
  if (await isEdited(root, last)) {
    const { after: before, seq } = last;
    await append(root, hash, {
      ...{ seq: seq + 1, at: new Date().toISOString(), actor: SOMEBODY, act: "edit", role: "" },
      ...{ before, after: await readServing(root), reason: `${STATE} was changed by hand`, despite: "" },
    });
    return await readChain(root);
  }
  const now = await readServing(root).catch(() => undefined);
  // Written down and not made: whoever did it died in between.
  if (now === undefined || isSame(now, last.before)) await write(root, last.after);
  return chain;
}

async function append(root: string, previous: string, entry: ServingChange): Promise<string> {
  const hash = chainHash(previous, entry);
  try {
    const file = await open(join(root, HISTORY), "a");
    try {
      await file.appendFile(`${JSON.stringify({ entry, previous, hash })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new DomainError("conflict", `the registry cannot be written (${codeOf(error)})`, { cause: error });
  }
  return hash;
}

async function write(root: string, state: ServingState): Promise<void> {
  await replaceFile(join(root, STATE), `${JSON.stringify(state, null, 2)}\n`, "the registry");
}

async function readChain(root: string): Promise<Line[]> {
  const text = (await readRegistryFile(root, HISTORY)) ?? "";
  // A last line without its end was never written: whoever wrote it died in the middle.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const lines = whole.split("\n").filter((line) => line !== "");
  let previous = CHAIN_START;
  return lines.map((line, i) => {
    const link = parseRegistryJson(`${HISTORY}, line ${i + 1},`, line, lineSchema);
    const fault = link.entry.seq === i + 1 ? chainFault(previous, link) : "has another number than its place";
    if (fault !== undefined)
      throw new DomainError("invalid_argument", `${HISTORY} of the registry, line ${i + 1}, ${fault}`);
    previous = link.hash;
    return link;
  });
}

/** A holder on another machine that is older is taken for dead: a change takes milliseconds, warming a model seconds. */
const STALE_MS = 60_000;
const LOCK_LIMIT_MS = 70_000;

/** Whether a lock's holder is gone: its process on this machine, or its time on another. */
async function isAbandoned(path: string): Promise<boolean> {
  const [text, age] = await Promise.all([
    readFile(path, "utf8").catch(() => ""),
    stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    ),
  ]);
  const [machine, pid] = text.split(" ");
  if (machine !== hostname()) return age > STALE_MS;
  try {
    process.kill(Number(pid), 0);
    return age > STALE_MS;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

/** One at a time, of all processes. The lock says whose it is; nobody takes away another's. */
async function locked<T>(root: string, work: () => Promise<T>): Promise<T> {
  const path = join(root, LOCK);
  const mine = `${hostname()} ${process.pid} ${randomUUID()}`;
  const end = Date.now() + LOCK_LIMIT_MS;
  for (;;) {
    try {
      await writeFile(path, mine, { flag: "wx" });
      break;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") {
        throw new DomainError("conflict", `the registry cannot be written (${codeOf(error)})`, {
          cause: error,
        });
      }
      if (await isAbandoned(path)) {
        // Renamed by one of those who found it: whoever comes second finds it gone and tries again.
        const found = `${path}.${randomUUID()}`;
        await rename(path, found).then(
          () => rm(found, { force: true }),
          () => {},
        );
      } else if (Date.now() > end)
        throw new DomainError("conflict", "another process is changing the registry");
      else await sleep(50);
    }
  }
  try {
    return await work();
  } finally {
    if ((await readFile(path, "utf8").catch(() => "")) === mine) await rm(path, { force: true });
  }
}
