import { once } from "node:events";
import { connect } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabaseUrl } from "../process/config.ts";
import { startTestPostgres, type TestPostgres } from "./testing/postgres.ts";

let server: TestPostgres;
let pool: pg.Pool;

beforeAll(async () => {
  server = await startTestPostgres("embedded");
  pool = new pg.Pool({ connectionString: server.url, max: 8 });
  await pool.query("create table kept (n int primary key)");
});
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

test("one connection's errors never cost another its answer", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 400 }, async (_, i) => {
      if (i % 3 === 0) return pool.query("select 1 / $1::int", [0]);
      if (i % 7 === 0) return pool.query("selec nonsense");
      return (await pool.query<{ x: number }>("select $1::int as x", [i])).rows[0]?.x;
    }),
  );
  for (const [i, result] of results.entries()) {
    if (i % 3 === 0 || i % 7 === 0) expect(result.status).toBe("rejected");
    else expect(result).toEqual({ status: "fulfilled", value: i });
  }
});

test("a connection lost inside its transaction is rolled back and holds up nobody", async () => {
  const lost = new pg.Client(server.url);
  lost.on("error", () => {});
  await lost.connect();
  await lost.query("begin");
  await lost.query("insert into kept values (1)");
  const waiting = pool.query("select count(*)::int as n from kept");
  (lost as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  expect((await waiting).rows).toEqual([{ n: 0 }]);
});

test("half a message, nonsense and a request for another protocol disturb nobody", async () => {
  for (const bytes of [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.from([0, 0, 0, 9, 0, 3, 0]),
    Buffer.alloc(64),
  ]) {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
  }
  expect((await pool.query("select 1 as x")).rows).toEqual([{ x: 1 }]);
});

test("a large answer and a large question pass whole", async () => {
  const large = "é".repeat(600_000);
  const answers = await Promise.all(
    [1, 2, 3].map((i) => pool.query("select $1::text || $2 as x", [large, i])),
  );
  expect(answers.map((a) => a.rows[0].x === `${large}${answers.indexOf(a) + 1}`)).toEqual([true, true, true]);
});

describe.skipIf(testDatabaseUrl() !== undefined)("without the password", () => {
  const withPassword = (password: string): string => {
    const url = new URL(server.url);
    url.password = password;
    return url.href;
  };

  test("nobody gets in, whatever they say", async () => {
    for (const password of ["", "postgres", "wrong"]) {
      const client = new pg.Client(withPassword(password));
      client.on("error", () => {});
      await expect(client.connect(), password).rejects.toThrow();
    }
    const wrong = new pg.Client(withPassword("wrong"));
    wrong.on("error", () => {});
    await expect(wrong.connect()).rejects.toMatchObject({ code: "28P01" });
  });

  test("what is asked before the login reaches no database", async () => {
    const startup = Buffer.alloc(8 + "user\0postgres\0\0".length);
    startup.writeInt32BE(startup.length, 0);
    startup.writeInt32BE(196_608, 4);
    startup.write("user\0postgres\0\0", 8);
    const query = Buffer.from("Q\0\0\0\x21drop table if exists kept cascade\0", "latin1");
    query.writeInt32BE(query.length - 1, 1);
    for (const bytes of [Buffer.concat([startup, query]), Buffer.concat([startup, startup, query])]) {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.on("error", () => {});
      socket.resume().write(bytes);
      await once(socket, "close");
    }
    expect((await pool.query("select count(*)::int as n from kept")).rows).toEqual([{ n: 0 }]);
  });

  test("a stranger's endless message is not waited for", async () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => {});
    const flood = Buffer.alloc(20_000);
    flood.writeInt32BE(1_000_000_000, 0);
    socket.resume().write(flood);
    await once(socket, "close");
  });
});
