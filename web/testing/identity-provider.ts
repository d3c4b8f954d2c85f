import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type Configuration, Provider } from "oidc-provider";
import { freePort } from "../../platform/process/free-port.ts";

export const CLIENT = { id: "paysecure", secret: "a secret of tests, and of nothing else" } as const;

/** Somebody at the provider. */
export interface TestPerson {
  readonly groups: string[];
  readonly [claim: string]: unknown;
}

/** A real OpenID provider (oidc-provider, certified) on loopback. */
export interface TestIdentityProvider {
  readonly issuer: string;
  /** By subject; changed as an administrator there would. */
  readonly people: Map<string, TestPerson>;
  /** Changes what it answers at `/token`, to the same length, as somebody on the way would; undefined for nothing. */
  onTheWay: ((answer: string) => string) | undefined;
  /** Not answering any more, and answering again at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * @param redirectUri where it may send people back to
 * @param more settings of it, over ours
 */
export async function startIdentityProvider(
  redirectUri: string,
  more: Configuration = {},
): Promise<TestIdentityProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const people = new Map<string, TestPerson>();
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [new URL("/sign-in", redirectUri).href],
      },
    ],
    claims: {
      openid: ["sub"],
      profile: ["name", "preferred_username", "groups"],
      email: ["email", "email_verified"],
    },
    pkce: { required: () => true },
    cookies: { keys: ["a key of tests"] },
    findAccount: (_, subject) => {
      const person = people.get(subject);
      return person && { accountId: subject, claims: () => ({ sub: subject, ...person }) };
    },
    // Whoever is here has agreed: what is tested is the console, not the provider's pages.
    loadExistingGrant: async ({ oidc: { client, session, provider: here } }) => {
      const grant = new here.Grant({ clientId: client?.clientId, accountId: session?.accountId });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
    ...more,
  });
  let server: Server | undefined;
  const it: TestIdentityProvider = {
    issuer,
    people,
    onTheWay: undefined,
    start: async () => {
      const answer = provider.callback();
      server = createServer((request, response) => {
        const { onTheWay } = it;
        if (onTheWay && request.url === "/token") {
          const end = response.end.bind(response) as (body: string) => typeof response;
          response.end = ((body: unknown) => end(onTheWay(String(body)))) as typeof response.end;
        }
        return answer(request, response);
      });
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    stop: async () => {
      server?.closeAllConnections();
      await new Promise((done) => server?.close(done) ?? done(null));
      server = undefined;
    },
  };
  await it.start();
  return it;
}

/** A browser at the provider's pages: it signs in there, and says where it is sent then. */
export class ProviderVisitor {
  readonly #cookies = new Map<string, string>();

  /**
   * @param from where the console sent the browser
   * @param subject who it is; asked only where the provider does not know the browser, or is to ask again
   * @returns where the provider sends it back
   */
  async signIn(from: string, subject: string): Promise<URL> {
    const { origin } = new URL(from);
    let next = new URL(from);
    for (let steps = 0; steps < 12 && next.origin === origin; steps += 1) {
      const answer = await this.#ask(next, next.pathname.startsWith("/interaction/") ? subject : undefined);
      const location = answer.headers.get("location");
      if (location === null) throw new Error(`${next.pathname}: ${answer.status} ${await answer.text()}`);
      next = new URL(location, next);
    }
    return next;
  }

  async #ask(url: URL, subject: string | undefined): Promise<Response> {
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(subject === undefined
        ? {}
        : {
            method: "POST",
            body: new URLSearchParams({ prompt: "login", login: subject, password: "any" }),
          }),
    });
    for (const given of answer.headers.getSetCookie()) {
      const pair = given.split("; ")[0] ?? "";
      this.#cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return answer;
  }
}
