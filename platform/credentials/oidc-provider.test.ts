import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { expect, test } from "vitest";
import { z } from "zod";
import { BearerTokens } from "./bearer-jwt.ts";
import { jwtEnv, jwtSettings } from "./jwt-config.ts";

const API = "https://paysecure.example/api";

test("a machine of a real OpenID provider is known by the token that its client credentials get", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "gateway",
        client_secret: "a-secret-of-the-test-alone",
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
      },
    ],
    scopes: ["transactions.score"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "transactions.score",
          audience: API,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  server.on("request", provider.callback());
  try {
    const answer = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("gateway:a-secret-of-the-test-alone")}` },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        scope: "transactions.score",
        resource: API,
      }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const settings = (audience: string) =>
      jwtSettings(z.object(jwtEnv).parse({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience }))!;
    expect(await new BearerTokens(settings(API)).verify(token)).toEqual({
      id: "jwt:gateway",
      name: "gateway",
      rights: new Set(["transactions.score"]),
    });
    await expect(new BearerTokens(settings("https://other.example")).verify(token)).rejects.toMatchObject({
      code: "unauthenticated",
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
