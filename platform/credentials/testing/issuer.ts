import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An issuer of tokens behind a real HTTP server: discovery and keys. */
export interface TestIssuer {
  readonly url: string;
  readonly keys: Pair;
  /** Questions that it was asked. */
  readonly asked: number;
  /** Breaks every connection while true. */
  setAway(away: boolean): void;
  /** A token that is right in everything, but for what is said. */
  token(claims?: JWTPayload, header?: object, by?: Pair["privateKey"]): Promise<string>;
  stop(): void;
}

/** Seconds since 1970, as tokens say it. */
export const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

export async function startTestIssuer(): Promise<TestIssuer> {
  const keys = await generateKeyPair("ES256", { extractable: true });
  const published = [{ ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "ES256", use: "sig" }];
  let away = false;
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    if (away) return void request.socket.destroy();
    const body = request.url === "/jwks" ? { keys: published } : { issuer: url, jwks_uri: `${url}/jwks` };
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    keys,
    get asked() {
      return asked;
    },
    setAway: (now) => {
      away = now;
    },
    token: (claims = {}, header = {}, by = keys.privateKey) =>
      new SignJWT({
        iss: url,
        aud: "paysecure",
        sub: "gateway-7",
        client_id: "gateway",
        scope: "transactions.score transactions.record keys.manage nonsense",
        iat: nowSeconds(),
        exp: nowSeconds() + 60,
        ...claims,
      })
        .setProtectedHeader({ alg: "ES256", kid: "k1", typ: "at+jwt", ...header })
        .sign(by),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
