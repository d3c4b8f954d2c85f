import { existsSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "../../platform/embedded/debian-package.ts";
import { searchPath } from "../../platform/process/config.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** Whether there is a Redis for a start that names none; PostgreSQL is among the packages. */
export async function checkOwnRedis(dataDir: string): Promise<Finding> {
  const what = "Redis";
  const file = await findOnPath("redis-server", searchPath());
  if (file !== undefined) return ok(what, `one of our own, by ${file}`);
  if (existsSync(join(dataDir, "packages"))) return ok(what, "one of our own, unpacked by an earlier start");
  if ((await findOnPath("apt-get", searchPath())) === undefined)
    return fault(
      what,
      "there is no redis-server, and no apt-get to get it with",
      "install Redis 6.2 or later, or set REDIS_URL",
    );
  return warning(
    what,
    "will be installed or unpacked at the first start",
    "apt-get install redis-server, where there is no network then",
  );
}
