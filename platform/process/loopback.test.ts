import { expect, test } from "vitest";
import { isLoopback } from "./loopback.ts";

test.each([
  "127.0.0.1",
  "127.8.9.1",
  "localhost",
  "LOCALHOST",
  "one.localhost",
  "::1",
  "0:0:0:0:0:0:0:1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
])("%s is this machine alone", (host) => expect(isLoopback(host)).toBe(true));

test.each([
  "0.0.0.0",
  "::",
  "::ffff:0.0.0.0",
  "10.0.0.1",
  "::ffff:10.0.0.1",
  "fe80::1%lo",
  "127.evil.example",
  "localhost.evil.example",
  "notlocalhost",
  "db",
  "",
])("%s may be reached from elsewhere", (host) => expect(isLoopback(host)).toBe(false));
