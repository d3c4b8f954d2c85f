import { Redis } from "ioredis";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { openDatabase } from "../../process/database.ts";
import { createLogger } from "../../process/logger.ts";
import { startTestPostgres } from "./postgres.ts";
import { startTestRedis } from "./redis.ts";

const logger = createLogger("test", "silent");

test("redis: an acknowledged write outlives kill -9, and nothing is ever evicted", async () => {
  const server = await startTestRedis();
  try {
    const client = new Redis(server.url, { maxRetriesPerRequest: null });
    client.on("error", () => {});
    await client.set("written", "yes");
    await server.kill();
    await server.start();
    expect(await client.get("written")).toBe("yes");
    expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    client.disconnect();
  } finally {
    await server.stop();
  }
});

test("postgres: answers of concurrent connections never mix, transactions stay apart", async () => {
  const server = await startTestPostgres("embedded");
  try {
    const db = openDatabase<{ counted: { n: number } }>(server.url, logger, 8);
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const { rows } = await sql<{ x: number }>`select ${i}::int as x`.execute(db);
        return rows[0]?.x;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => i));

    await sql`create table counted (n int)`.execute(db);
    await db.insertInto("counted").values({ n: 0 }).execute();
    await Promise.all(
      Array.from({ length: 40 }, () =>
        db.transaction().execute(async (tx) => {
          const row = await tx.selectFrom("counted").select("n").forUpdate().executeTakeFirstOrThrow();
          await tx
            .updateTable("counted")
            .set({ n: row.n + 1 })
            .execute();
        }),
      ),
    );
    expect((await db.selectFrom("counted").select("n").executeTakeFirstOrThrow()).n).toBe(40);
    await db.destroy();
  } finally {
    await server.stop();
  }
});
