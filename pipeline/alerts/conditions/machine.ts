import { X509Certificate } from "node:crypto";
import { readFile, statfs } from "node:fs/promises";
import { codeOf } from "../../../platform/process/errors.ts";
import type { RedisConnection } from "../../../platform/process/redis.ts";
import { type Reading, tooMuch, unknown } from "./reading.ts";

const DAY_MS = 86_400_000;

/** How full the disk under a folder is. */
export async function readDisk(folder: string, percent: number): Promise<Reading> {
  try {
    const { blocks, bfree, bavail, bsize } = await statfs(folder);
    const used = blocks - bfree;
    // As df says it: what only root may use does not count as free.
    const share = used + bavail > 0 ? (used / (used + bavail)) * 100 : 0;
    const left = (bavail * bsize) / 2 ** 30;
    return tooMuch(
      "disk_full",
      share,
      percent,
      `${share.toFixed(1)} % of DATA_DIR's disk is used, ${left.toFixed(1)} GiB are left`,
    );
  } catch (error) {
    return unknown("disk_full", `the disk of DATA_DIR tells nothing (${codeOf(error)})`);
  }
}

/** How full Redis is; of a cluster, the fullest primary. */
export async function readRedisMemory(redis: RedisConnection, percent: number): Promise<Reading> {
  const nodes = "nodes" in redis ? redis.nodes("master") : [redis];
  let shares: number[];
  try {
    const infos = await Promise.all(nodes.map((node) => node.info("memory")));
    shares = infos.flatMap(shareUsed);
  } catch {
    return unknown("redis_memory", "Redis does not tell us (INFO)");
  }
  if (shares.length === 0)
    return { kind: "redis_memory", level: "clear", value: null, words: "Redis has no limit (maxmemory 0)" };
  const share = Math.max(...shares);
  return tooMuch("redis_memory", share, percent, `${share.toFixed(1)} % of Redis' maxmemory is used`);
}

/** Percent of a server's limit that is used, from its INFO; nothing where it has none. */
function shareUsed(info: string): number[] {
  const figures = new Map(
    info.split("\r\n").map((line): [string, string] => {
      const [name = "", value = ""] = line.split(":");
      return [name, value];
    }),
  );
  const figure = (name: string): number => Number(figures.get(name) ?? 0);
  const most = figure("maxmemory");
  return most === 0 ? [] : [(figure("used_memory") / most) * 100];
}

/** When the first of the certificates runs out. */
export async function readCertificates(
  files: readonly (readonly [variable: string, path: string])[],
  at: Date,
  days: number,
): Promise<Reading> {
  const kind = "certificate_expiry";
  const ends: { readonly variable: string; readonly left: number }[] = [];
  const unread: string[] = [];
  for (const [variable, path] of files) {
    try {
      const { validTo } = new X509Certificate(await readFile(path));
      ends.push({ variable, left: (Date.parse(validTo) - at.getTime()) / DAY_MS });
    } catch {
      unread.push(variable);
    }
  }
  const first = ends.toSorted((a, b) => a.left - b.left)[0];
  if (!first) {
    return files.length === 0
      ? { kind, level: "clear", value: null, words: "no certificate is configured here" }
      : unknown(kind, `cannot be read: ${unread.join(", ")}`);
  }
  const left = Math.floor(first.left);
  const words = first.left < 0 ? `${first.variable} has run out` : `${first.variable} ends in ${left} days`;
  return { kind, level: first.left <= days ? "over" : "clear", value: left, words };
}
