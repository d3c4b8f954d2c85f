import { setTimeout as sleep } from "node:timers/promises";
import { Cluster } from "ioredis";
import { queueTrouble } from "../../pipeline/readiness/queue.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisAddress } from "../../platform/process/redis.ts";
import { readInfo } from "../../platform/process/redis-info.ts";
import { clockFinding } from "./clock.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

const PATIENCE_MS = 8_000;
const WHAT = "Redis";
const MENDS: readonly (readonly [RegExp, string])[] = [
  [/maxmemory-policy/, "redis-cli config set maxmemory-policy noeviction, and in redis.conf"],
  [/is version/, "install a newer Redis"],
  [/user and password/, "correct REDIS_URL, with odd signs percent-encoded"],
  [/does not answer/, "start it, or correct host, port and scheme (rediss:// for TLS) of REDIS_URL"],
  [/is full/, "give it more maxmemory"],
];

/** Whether Redis takes jobs and keeps them, by a write that is forgotten after ten seconds. */
export async function checkRedis(address: RedisAddress, prefix: string): Promise<Finding[]> {
  const redis = connectRedis(address, "producer", createLogger("doctor", "silent"));
  let said = "";
  redis.on("error", (error: Error) => {
    said = error.message;
  });
  try {
    const trouble = await Promise.race([
      queueTrouble(redis, prefix),
      sleep(PATIENCE_MS, "does not answer", { ref: false }),
    ]);
    if (trouble !== undefined) {
      const mend = MENDS.find(([pattern]) => pattern.test(trouble))?.[1] ?? "docs/scaling.md, docs/locks.md";
      return [fault(WHAT, said === "" ? trouble : `${trouble} (${said})`, mend)];
    }
    if (redis instanceof Cluster) return [ok(WHAT, "a cluster that takes jobs")];
    const before = Date.now();
    const [seconds, micros] = (await redis.time()).map(Number);
    const here = (before + Date.now()) / 2_000;
    const findings = [clockFinding(WHAT, (seconds ?? 0) + (micros ?? 0) / 1e6 - here)];
    const info = await redis.info().catch(() => undefined);
    return [
      ...(info === undefined ? [ok(WHAT, "takes jobs; our user may not ask for INFO")] : kept(info)),
      ...findings,
    ];
  } finally {
    redis.disconnect();
  }
}

/** What INFO says of eviction and of what outlives a restart. */
function kept(info: string): Finding[] {
  const read = readInfo(info);
  const findings: Finding[] = [];
  const policy = read("maxmemory_policy");
  if (policy !== "" && policy !== "noeviction") {
    const found = `maxmemory-policy is ${policy}: a full server would drop keys of ours`;
    findings.push(
      warning(WHAT, found, "redis-cli config set maxmemory-policy noeviction, and in redis.conf"),
    );
  }
  if (read("aof_enabled") === "0") {
    const found = "has no append-only file: what was accepted and not yet recorded is lost with a restart";
    findings.push(warning(WHAT, found, "appendonly yes in redis.conf"));
  }
  if (read("aof_last_write_status") === "err")
    findings.push(fault(WHAT, "cannot write its append-only file", "look at the disk of Redis"));
  return [ok(WHAT, `${read("redis_version")}, takes jobs`), ...findings];
}
