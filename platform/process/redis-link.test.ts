import { expect, test } from "vitest";
import { z } from "zod";
import { parseEnv } from "./env.ts";
import { checkRedisLink, redisLink, redisTls } from "./redis-link.ts";
import { readRedisUrl } from "./redis-url.ts";

const read = (env: Record<string, string>): object => {
  const link = parseEnv(z.object(redisLink), env);
  checkRedisLink(link);
  return redisTls(link);
};

test.each([
  "redis://127.0.0.1:6379",
  "redis://:p%40ss%3A%2F%23%3F%25@h:6379/3",
  "redis://us%40er:p@ss@h",
  "rediss://user:pass@[::1]:6380",
  "redis://h?family=6",
])("%s can be read", (REDIS_URL) => expect(() => read({ REDIS_URL })).not.toThrow());

test.each([
  "redis://:hunter2/x@h:6379",
  "redis://u:12#hunter2@h",
  "redis://u:12?hunter2@h",
  "redis://u:12/hunter2@h",
  "redis://u:hunter2%zz@h",
  "redis://h:99999",
])("a password that is not encoded is named, and not repeated: %s", (REDIS_URL) => {
  expect(() => read({ REDIS_URL })).toThrow(/REDIS_URL \(set\): cannot be read: .* percent-encoded/);
  expect(() => read({ REDIS_URL })).toThrow(/^(?!.*hunter2)/s);
});

test("what does not go together is named", () => {
  const pem = new URL("../embedded/testing/openssl.ts", import.meta.url).pathname;
  for (const [env, words] of [
    [{ REDIS_TLS_CA: "/none" }, "REDIS_TLS_CA (set): /none cannot be read (ENOENT)"],
    [{ REDIS_TLS_CA: pem }, "is no PEM file"],
  ] as const) {
    expect(() => read({ REDIS_URL: "rediss://h", ...env }), words).toThrow(words);
  }
  expect(() => checkRedisLink({ REDIS_URL: "redis://h", REDIS_TLS_CA: "ca" })).toThrow("with rediss://");
  expect(() => checkRedisLink({ REDIS_URL: "rediss://h", REDIS_TLS_CERT: "c" })).toThrow("belong together");
  expect(redisTls({ REDIS_URL: "redis://h" })).toEqual({});
  expect(redisTls({ REDIS_URL: "rediss://h" })).toEqual({ tls: {} });
});

test.each([
  [
    "redis+cluster://me:p%40w@a:7000,[::1]:7001,c",
    {
      ...{ kind: "cluster", encrypted: false, username: "me", password: "p@w" },
      nodes: [
        { host: "a", port: 7000 },
        { host: "::1", port: 7001 },
        { host: "c", port: 6379 },
      ],
    },
  ],
  [
    "rediss+sentinel://:pw@s1,s2:26380/house/2",
    {
      ...{ kind: "sentinel", encrypted: true, password: "pw", name: "house", db: 2 },
      nodes: [
        { host: "s1", port: 26_379 },
        { host: "s2", port: 26_380 },
      ],
    },
  ],
  ["redis+sentinel://s1", undefined],
  ["redis+cluster://a:70000", undefined],
  ["redis+cluster://a,,b", undefined],
  ["redis+cluster://me:p@w@a", undefined],
  ["redis://h:1/0", { kind: "server", url: "redis://h:1/0" }],
])("%s is read as it is meant", (url, place) => {
  expect(readRedisUrl(url)).toEqual(place);
});

test("a sentinel's password is for sentinels", () => {
  const link = { REDIS_SENTINEL_PASSWORD: "pw" };
  expect(() => checkRedisLink({ ...link, REDIS_URL: "redis://h" })).toThrow("with redis+sentinel://");
  expect(() => checkRedisLink({ ...link, REDIS_URL: "redis+sentinel://h/house" })).not.toThrow();
});
