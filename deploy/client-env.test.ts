import { expect, test } from "vitest";
import { clientEnv } from "./client-env.ts";

test("addresses become what psql and redis-cli read, decoded", () => {
  expect(
    clientEnv({
      DATABASE_URL:
        "postgres://us%40er:p%2Fw%23@[::1]:5433/my%20db?sslmode=verify-full&sslrootcert=%2Fca.crt",
      REDIS_URL: "redis://:a%25b@127.0.0.1:6379",
    }),
  ).toEqual({
    PGHOST: "::1",
    PGPORT: "5433",
    PGUSER: "us@er",
    PGPASSWORD: "p/w#",
    PGDATABASE: "my db",
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: "/ca.crt",
    REDISCLI_AUTH: "a%b",
  });
});

test("what is not given or cannot be read is left out", () => {
  expect(clientEnv({})).toEqual({});
  expect(
    clientEnv({ DATABASE_URL: "postgres://u:p@/db?host=/run/postgresql", REDIS_URL: "redis://h" }),
  ).toEqual({});
});
