import { Agent, request as httpRequest } from "node:http";
import { containsPan } from "../../../domain/pan.ts";
import { type StartedProcess, startProcess } from "../../../pipeline/testing/started-process.ts";
import { Random } from "../../../platform/math/random.ts";
import { freePort } from "../../../platform/process/free-port.ts";
import { startTestConsole, type TestConsole } from "../console.ts";
import { linkFor, PASSWORD } from "../people.ts";
import { type Callers, type FuzzRequest, mutatedRequest } from "./mutated-request.ts";
import { documentedFor, targetsOf } from "./targets.ts";

const KEY = "a-planted-key-of-enough-length-7Q2x";
const AT_ONCE = 8;
const PATIENCE_MS = 20_000;
/** Pages that were opened end sessions now and then: people sign in again. */
const SIGN_IN_EVERY = 1_000;

export interface FuzzResult {
  readonly routes: number;
  /** How often each status was answered. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Answers that are not documented, as `POST /reviews/:id/claim 500`, with the request that got one. */
  readonly undocumented: ReadonlyMap<string, string>;
  /** The longest that the web's event loop stood still because of what the web computed, milliseconds. */
  readonly longestStallMs: number;
  /** Lines of the log with a card number, a key or a token. */
  readonly leaks: readonly string[];
  readonly logLines: number;
}

/**
 * Sends mutated requests to every route of a web process of its own, on a real PostgreSQL, Redis and scorer.
 *
 * @param seed the same seed sends the same requests; their order at the web may differ
 */
export async function fuzzWeb(
  count: number,
  seed: number,
  progress: (done: number) => void = () => {},
): Promise<FuzzResult> {
  const house = await startTestConsole({ ADMIN_API_KEY: KEY });
  const scorerPort = await freePort();
  const port = await freePort();
  const env = {
    REDIS_URL: house.deps.config.REDIS_URL,
    DATABASE_URL: house.deps.config.DATABASE_URL,
    SCORER_ADDRESS: `127.0.0.1:${scorerPort}`,
    SCORER_PORT: String(scorerPort),
    PORT: String(port),
    ADMIN_API_KEY: KEY,
    LOG_LEVEL: "trace",
    ...{ OPEN_RATE_LIMIT: "0", KEY_RATE_LIMIT: "0", PERSON_RATE_LIMIT: "0" },
  };
  const watch = new URL("stall-watch.mjs", import.meta.url).href;
  const run = new Run(house, `http://127.0.0.1:${port}`);
  const started: StartedProcess[] = [];
  try {
    started.push(await startProcess("scorer/main.ts", env));
    const web = await startProcess("web/main.ts", { ...env, NODE_OPTIONS: `--import=${watch}` });
    started.push(web);
    const random = new Random(seed);
    await run.signIn();
    let next = 0;
    let done = 0;
    const warmed = web.log.length;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < count) {
          next++;
          if (next % SIGN_IN_EVERY === 0) await run.signIn();
          await run.send(mutatedRequest(random, run.targets, run.callers));
          progress(++done);
        }
      }),
    );
    const said = web.log.slice(warmed);
    return {
      routes: run.targets.length,
      statuses: run.statuses,
      undocumented: run.undocumented,
      longestStallMs: Math.max(
        0,
        ...said.map((line) => Number(/"event loop stalled","ms":(\d+)/.exec(line)?.[1] ?? 0)),
      ),
      leaks: web.log.filter(
        (line) => containsPan(line) || run.secrets.some((secret) => line.includes(secret)),
      ),
      logLines: web.log.length,
    };
  } finally {
    run.end();
    await Promise.all(started.map((each) => each.kill()));
    await house.stop();
  }
}

class Run {
  readonly targets;
  readonly statuses = new Map<number, number>();
  readonly undocumented = new Map<string, string>();
  readonly secrets: string[] = [KEY, PASSWORD];
  callers: Callers = { key: KEY, cookies: [] };
  #round = 0;
  readonly #watched = new WeakSet<object>();
  readonly #house: TestConsole;
  readonly #base: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  constructor(house: TestConsole, base: string) {
    this.#house = house;
    this.#base = base;
    this.targets = targetsOf(house.app, house.deps.config);
  }

  end(): void {
    this.#agent.destroy();
  }

  /** A viewer, an analyst and an admin, by links of their own. */
  async signIn(): Promise<void> {
    const cookies: string[] = [];
    // Of new names: an account may have been disabled, or be somebody else by now.
    this.#round++;
    for (const role of ["viewer", "analyst", "admin"] as const) {
      const token = await linkFor(this.#house.db, `fuzz-${role}-${this.#round}`, role);
      for (;;) {
        const answer = await fetch(`${this.#base}/sign-in/${token}`, {
          method: "POST",
          redirect: "manual",
          headers: { "sec-fetch-site": "same-origin" },
        });
        const cookie = answer.headers.get("set-cookie")?.split(";")[0];
        if (cookie !== undefined) {
          cookies.push(cookie);
          this.secrets.push(token, cookie.slice(cookie.indexOf("=") + 1));
          break;
        }
        if (answer.status !== 429) throw new Error(`nobody can sign in: ${answer.status}`);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
    this.callers = { key: KEY, cookies };
  }

  async send(made: FuzzRequest): Promise<void> {
    const status = await this.#statusOf(made);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    const { target, method, path, headers, body } = made;
    if (documentedFor(this.targets, method, path).has(status)) return;
    const shown = body === undefined ? "" : ` ${body.toString("latin1").slice(0, 300)}`;
    this.undocumented.set(
      `${method} ${target.path} ${status}`,
      `${method} ${path.slice(0, 300)} ${JSON.stringify({ ...headers, authorization: "…", cookie: "…" })}${shown}`,
    );
  }

  /** The status; 0 when there is no answer. */
  #statusOf(made: FuzzRequest, agent: Agent | false = this.#agent): Promise<number> {
    const { method, path, headers, body } = made;
    return new Promise((resolve) => {
      const { hostname, port } = new URL(this.#base);
      const request = httpRequest(
        {
          ...{ hostname, port, method, path, agent, timeout: PATIENCE_MS },
          headers: {
            ...headers,
            ...(body && headers["transfer-encoding"] === undefined ? { "content-length": body.length } : {}),
          },
        },
        (response) => {
          const status = response.statusCode ?? 0;
          // A stream has no end.
          if (response.headers["content-type"]?.startsWith("text/event-stream")) {
            request.destroy();
            resolve(status);
            return;
          }
          response.resume();
          response.on("close", () => resolve(status));
        },
      );
      // Answered before the body was all there, and closed: what is still being written fails after the request has ended.
      request.on("socket", (socket) => {
        if (this.#watched.has(socket)) return;
        this.#watched.add(socket);
        socket.on("error", () => {});
      });
      request.on("timeout", () => request.destroy());
      // The server may close a connection that was kept while the next request is on its way (RFC 9112, 9.3.1).
      request.on("error", () => resolve(request.reusedSocket ? this.#statusOf(made, false) : 0));
      request.end(body);
    });
  }
}
