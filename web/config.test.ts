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

const SSO = {
  PUBLIC_URL: "https://fraud.example",
  OIDC_ISSUER: "https://id.example/realms/bank",
  OIDC_CLIENT_ID: "paysecure",
  OIDC_CLIENT_SECRET: "secret",
  OIDC_ROLES: "leads=lead,analysts=analyst",
};

test.each([{}, { PASSWORD_SIGN_IN: "off" }, { OIDC_ISSUER: "http://localhost:9000" }])(
  "single sign-on is set up by its variables (%j)",
  (more) => {
    expect(readConfig({ ...SSO, ...more }).OIDC_ROLES?.[0]).toEqual({ group: "leads", role: "lead" });
  },
);

test.each([
  [{ OIDC_ISSUER: "http://id.example" }, /OIDC_ISSUER .*must be https/],
  [{ OIDC_ISSUER: "http://localhost.evil.example" }, /OIDC_ISSUER .*must be https/],
  [{ OIDC_ISSUER: "id.example" }, /OIDC_ISSUER/],
  [{ OIDC_ISSUER: undefined }, /OIDC_ISSUER \(not set\)/],
  [{ OIDC_CLIENT_ID: undefined }, /OIDC_CLIENT_ID \(not set\)/],
  [{ OIDC_CLIENT_SECRET: "" }, /OIDC_CLIENT_SECRET \(not set\)/],
  [{ OIDC_ROLES: undefined }, /OIDC_ROLES \(not set\)/],
  [{ OIDC_ROLES: "leads=boss" }, /OIDC_ROLES .*"boss" is no role/],
  [{ OIDC_SCOPES: "profile email" }, /OIDC_SCOPES .*openid/],
  [{ PUBLIC_URL: undefined }, /PUBLIC_URL \(not set\).*\/sign-in\/sso\/callback/],
])("single sign-on with %j is refused at boot, with what to do", (wrong, says) => {
  expect(() => readConfig({ ...SSO, ...wrong })).toThrow(says);
});

test("passwords cannot be off where nothing else lets people in", () => {
  expect(() => readConfig({ PASSWORD_SIGN_IN: "off" })).toThrow(/PASSWORD_SIGN_IN .*OIDC_ISSUER/);
});
