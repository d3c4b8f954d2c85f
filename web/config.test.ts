import { expect, test } from "vitest";
import { ConfigError } from "../platform/process/env.ts";
import { publicUrl, readConfig } from "./config.ts";

test.each(["https://fraud.example", "https://fraud.example/", "http://localhost:9000", "https://[::1]:8443"])(
  "people may reach the console at %s",
  (address) => {
    expect(publicUrl(readConfig({ PUBLIC_URL: address }))).toBe(new URL(address).origin);
  },
);

test.each([
  "https://intranet.example/paysecure",
  "https://intranet.example/paysecure/",
  "https://fraud.example/?a=1",
  "https://fraud.example/#top",
  "https://user:pass@fraud.example/",
])("%s is refused at boot, with what to do", (address) => {
  expect(() => readConfig({ PUBLIC_URL: address })).toThrow(ConfigError);
  expect(() => readConfig({ PUBLIC_URL: address })).toThrow(/PUBLIC_URL .*host name of its own/);
});

test.each(["fraud.example", "ftp://fraud.example", "javascript:alert(1)"])("%s is no address", (address) => {
  expect(() => readConfig({ PUBLIC_URL: address })).toThrow(/PUBLIC_URL \(set\)/);
});
