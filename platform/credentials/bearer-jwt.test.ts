import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { BearerTokens, looksLikeJwt } from "./bearer-jwt.ts";
import { jwtEnv, jwtSettings } from "./jwt-config.ts";
import { nowSeconds as now, startTestIssuer, type TestIssuer } from "./testing/issuer.ts";

let at: TestIssuer;
let stranger: TestIssuer["keys"];
let tokens: BearerTokens;

const settings = (more: Readonly<Record<string, string>> = {}) =>
  jwtSettings(z.object(jwtEnv).parse({ JWT_ISSUER: at.url, JWT_AUDIENCE: "paysecure, other", ...more }))!;

beforeAll(async () => {
  at = await startTestIssuer();
  stranger = await generateKeyPair("ES256", { extractable: true });
});
afterAll(() => at.stop());
beforeEach(() => {
  at.setAway(false);
  tokens = new BearerTokens(settings());
});

const token: TestIssuer["token"] = (...how) => at.token(...how);

const unsigned = (header: object, claims: object = {}): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = { iss: at.url, aud: "paysecure", sub: "x", iat: now(), exp: now() + 60, ...claims };
  return `${part(header)}.${part(body)}.`;
};

test("a token says who it is and what it may, in our words and never more than a key could have", async () => {
  const machine = await tokens.verify(await token());
  expect(machine).toEqual({
    id: "jwt:gateway-7",
    name: "gateway",
    rights: new Set(["transactions.score", "transactions.record"]),
  });
});

test("rights may be a list, under another claim, in the issuer's own words", async () => {
  const mapped = new BearerTokens(
    settings({
      JWT_SCOPES_CLAIM: "roles",
      JWT_SCOPES: "fraud.score=transactions.score, fraud.score=decisions.explain",
    }),
  );
  const machine = await mapped.verify(await token({ roles: ["fraud.score", "transactions.record", 7] }));
  expect(machine.rights).toEqual(new Set(["transactions.score", "decisions.explain"]));
});

test("the issuer is asked once, and a token is verified once", async () => {
  const shown = await token();
  const before = at.asked;
  expect(tokens.known(shown)).toBeUndefined();
  await Promise.all([tokens.verify(shown), tokens.verify(await token({ sub: "b" }))]);
  expect(tokens.known(shown)?.id).toBe("jwt:gateway-7");
  expect(at.asked - before).toBe(2);
});

test("while the issuer is away its known keys go on, and no token of an unknown one is called wrong", async () => {
  await tokens.verify(await token());
  at.setAway(true);
  await expect(tokens.verify(await token({ sub: "later" }))).resolves.toMatchObject({ id: "jwt:later" });
  const fresh = new BearerTokens(settings());
  await expect(fresh.verify(await token())).rejects.toMatchObject({ code: "unavailable" });
  const before = at.asked;
  await expect(fresh.verify(await token())).rejects.toMatchObject({ code: "unavailable" });
  expect(at.asked).toBe(before);
});

test("strangers' keys make us ask the issuer no more than once in a while", async () => {
  await tokens.verify(await token());
  const before = at.asked;
  for (let i = 0; i < 20; i++) {
    await expect(
      tokens.verify(await token({}, { kid: `k-${i}` }, stranger.privateKey)),
    ).rejects.toMatchObject({
      code: "unauthenticated",
    });
  }
  expect(at.asked).toBe(before);
});

const ATTACKS: Readonly<Record<string, () => Promise<string> | string>> = {
  "alg none": () => unsigned({ alg: "none" }),
  "alg None": () => unsigned({ alg: "None", kid: "k1" }),
  "HMAC with the public key": async () =>
    new SignJWT({ iss: at.url, aud: "paysecure", sub: "x", iat: now(), exp: now() + 60 })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(Buffer.from(await exportSPKI(at.keys.publicKey))),
  "another's signature": () => token({}, {}, stranger.privateKey),
  "an unknown kid": () => token({}, { kid: "k2" }, stranger.privateKey),
  "its own key along": async () =>
    token({}, { jwk: await exportJWK(stranger.publicKey) }, stranger.privateKey),
  "the address of its own keys": () => token({}, { jku: `${at.url}/evil`, kid: "k9" }, stranger.privateKey),
  "an extension we do not know": () =>
    token({}, { crit: ["x"], x: 1 }).catch(() => unsigned({ alg: "ES256", crit: ["x"], x: 1 })),
  "another audience": () => token({ aud: "somebody-else" }),
  "no audience": () => token({ aud: undefined } as unknown as JWTPayload),
  "another issuer": () => token({ iss: "https://evil.example" }),
  "no end": () => token({ exp: undefined } as unknown as JWTPayload),
  "an end that has passed": () => token({ exp: now() - 60 }),
  "a beginning that is to come": () => token({ nbf: now() + 600 }),
  "made in the future": () => token({ iat: now() + 600, exp: now() + 1_200 }),
  "made long ago": () => token({ iat: now() - 25 * 3_600 }),
  "no time of making": () => token({ iat: undefined } as unknown as JWTPayload),
  "no subject": () => token({ sub: undefined } as unknown as JWTPayload),
  "a subject that cannot be written down": () => token({ sub: "a\u0000b" }),
  "a card number as its subject": () => token({ sub: "4111 1111 1111 1111" }),
  "a changed claim": async () => {
    const [header, , signature] = (await token()).split(".");
    return `${header}.${unsigned({}, { sub: "admin" }).split(".")[1]}.${signature}`;
  },
};

test.each(Object.entries(ATTACKS))("a token with %s is refused", async (_, make) => {
  await expect(tokens.verify(await make())).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a clock that is half a minute off is forgiven", async () => {
  await expect(tokens.verify(await token({ exp: now() - 10 }))).resolves.toBeDefined();
});

test("what is no token, or too long for one, is not looked into", () => {
  expect(looksLikeJwt("ps_01234567_abc")).toBe(false);
  expect(looksLikeJwt(`a.${"b".repeat(9_000)}.c`)).toBe(false);
  expect(looksLikeJwt("a.b.c.d")).toBe(false);
  expect(looksLikeJwt("a.b.")).toBe(true);
});

test.each([
  [{ JWT_ISSUER: "https://id.example" }, "JWT_AUDIENCE"],
  [{ JWT_ISSUER: "http://id.example", JWT_AUDIENCE: "x" }, "https://"],
  [
    { JWT_ISSUER: "https://id.example", JWT_AUDIENCE: "x", JWT_JWKS_URL: "http://id.example/keys" },
    "https://",
  ],
  [{ JWT_AUDIENCE: "x" }, "JWT_ISSUER"],
])("settings that would take others' tokens are refused: %j", (env, word) => {
  expect(() => jwtSettings(z.object(jwtEnv).parse(env))).toThrow(word);
});

test("a right that no key may have cannot be mapped", () => {
  const { error } = z.object(jwtEnv).safeParse({ JWT_SCOPES: "boss=keys.manage" });
  expect(error?.issues[0]?.message).toContain("keys.manage");
});
