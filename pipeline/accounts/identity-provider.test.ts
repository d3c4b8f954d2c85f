import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createLogger } from "../../platform/process/logger.ts";
import { IdentityProvider } from "./identity-provider.ts";
import { groupsIn } from "./sso-claims.ts";

const DISCOVERY = "/.well-known/openid-configuration";

/** Serves instead of a provider, and counts how often it is asked. */
async function withServer(
  answer: RequestListener,
  work: (provider: IdentityProvider, asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    return answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = {
    ...{ issuer, clientId: "paysecure", clientSecret: "secret", clientAuth: "basic" as const },
    ...{ scopes: "openid", groupsClaim: "groups", roles: [], name: "Bank ID" },
    redirectUri: "http://localhost/sign-in/sso/callback",
  };
  try {
    await work(new IdentityProvider(options, createLogger("test", "silent")), () => asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const json = (body: unknown): RequestListener => {
  return (_, response) =>
    void response.setHeader("content-type", "application/json").end(JSON.stringify(body));
};

test.each<[string, RequestListener]>([
  ["a failure", (_, response) => void response.writeHead(500).end()],
  ["a proxy's page", (_, response) => void response.setHeader("content-type", "text/html").end("<p>hello")],
  ["a redirect", (_, response) => void response.writeHead(302, { location: "https://evil.example" }).end()],
  ["half a document", (_, response) => void response.setHeader("content-type", "application/json").end("{")],
  [
    "another issuer",
    json({ issuer: "https://evil.example", authorization_endpoint: "https://evil.example" }),
  ],
  ["a closed connection", (request) => void request.socket.destroy()],
])("%s where the provider should be is said to be no answer, and asked once for all", async (_, answer) => {
  await withServer(answer, async (provider, asked) => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => provider.begin(false)));
    for (const each of tries)
      expect(each).toMatchObject({
        reason: { code: "unavailable", message: "Bank ID does not answer just now" },
      });
    await expect(provider.begin(false)).rejects.toMatchObject({ code: "unavailable" });
    expect(asked()).toBeLessThanOrEqual(2);
  });
});

test("a provider that says nothing is given up after seconds", { timeout: 15_000 }, async () => {
  await withServer(
    () => {},
    async (provider) => {
      const began = performance.now();
      await expect(provider.begin(false)).rejects.toMatchObject({ code: "unavailable" });
      expect(performance.now() - began).toBeLessThan(9_000);
    },
  );
});

test("where the browser is sent, and with what", async () => {
  const issuer = { at: "" };
  await withServer(
    (request, response) => {
      expect(request.url).toBe(DISCOVERY);
      issuer.at = `http://${request.headers.host}`;
      const endpoint = `${issuer.at}/auth?tenant=bank`;
      return json({ issuer: issuer.at, authorization_endpoint: endpoint })(request, response);
    },
    async (provider, asked) => {
      const { url, attempt } = await provider.begin(true);
      expect(Object.fromEntries(url.searchParams)).toEqual({
        ...{ tenant: "bank", client_id: "paysecure", response_type: "code", scope: "openid" },
        ...{ state: attempt.state, nonce: attempt.nonce, prompt: "login", max_age: "0" },
        ...{ code_challenge: expect.stringMatching(/^[\w-]{43}$/), code_challenge_method: "S256" },
        redirect_uri: "http://localhost/sign-in/sso/callback",
      });
      const again = await provider.begin(false);
      expect(again.url.searchParams.has("prompt")).toBe(false);
      expect(again.attempt.state).not.toBe(attempt.state);
      expect(await provider.signOutUrl("http://localhost/sign-in")).toBeNull();
      expect(asked()).toBe(1);
    },
  );
});

test.each<[string, unknown, string[]]>([
  ["groups", ["a", "b"], ["a", "b"]],
  ["groups", "a", ["a"]],
  ["realm_access.roles", undefined, ["r"]],
  ["https://bank.example/groups", undefined, ["n"]],
  ["groups", ["a", 1, null, { b: 1 }], ["a"]],
  ["groups", { a: true }, []],
  ["groups", undefined, []],
  ["groups.constructor.name", [], []],
])("the groups of the claim %s with %j are %j", (claim, groups, expected) => {
  const claims = { groups, realm_access: { roles: ["r"] }, "https://bank.example/groups": ["n"] };
  expect(groupsIn(claims, claim)).toEqual(expected);
});
