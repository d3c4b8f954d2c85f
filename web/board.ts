import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono, type MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { recordAct } from "../pipeline/audit/append.ts";
import { keptJson } from "../pipeline/store/kept-json.ts";
import { DomainError } from "../platform/process/errors.ts";
import { currentUser, demandRight, mayDo } from "./auth/guard.ts";
import type { AppContext, AppEnv, Deps } from "./context.ts";

/** Where bull-board is. */
export const BOARD_PATH = "/queues/board";
/** Characters of a job that are shown. */
const MOST_SHOWN = 20_000;
/** What the library's page would ask another host for: our policy lets nobody, and nobody needs it. */
const OUTSIDE_FONTS = /<link href="https:\/\/fonts\.googleapis\.com[^>]*>/;

/**
 * What nobody does there: payloads are shown masked and cut, so what was edited in them would be saved so; and payments
 * that were accepted are not thrown away by the queue.
 */
const REFUSED = /\/(?:add|update-data|empty|obliterate)$|\/clean\/(?!completed$)/;

/** Whether a request is the board's. */
export function isBoard(path: string): boolean {
  return path === BOARD_PATH || path.startsWith(`${BOARD_PATH}/`);
}

/**
 * What the board's page may do: as any page of ours, but that it brings styles of its own in the page. Scripts are files
 * of this address alone here too.
 */
export function boardHeaders(rest: Parameters<typeof secureHeaders>[0]): MiddlewareHandler {
  const policy = rest?.contentSecurityPolicy;
  return secureHeaders({
    ...rest,
    contentSecurityPolicy: {
      ...policy,
      baseUri: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", "data:"],
    },
  });
}

/**
 * `/queues/board`: bull-board, for whoever may see operations. Admins may act in it (each act is in the audit log), all
 * others only look. Of jobs, card numbers are masked; who may not see transactions sees no payload at all.
 */
export function boardRoutes(deps: Deps): Hono<AppEnv> {
  const boards = {
    acting: board(deps, { readOnly: false, payloads: true }),
    looking: board(deps, { readOnly: true, payloads: true }),
    blind: board(deps, { readOnly: true, payloads: false }),
  };
  const answer = async (c: AppContext): Promise<Response> => {
    demandRight(c, "operations.read");
    const user = currentUser(c);
    const acts = user.role === "admin" && mayDo(user, "operations.act");
    if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      if (!acts) throw new DomainError("permission_denied", "only admins act on the board");
      demandRight(c, "operations.act");
      if (REFUSED.test(c.req.path)) {
        throw new DomainError(
          "permission_denied",
          "not here: payments are handed in by doors and put right as dead letters, and whole queues are not thrown away",
        );
      }
      await recordAct(deps.db, {
        ...{ actor: user.actor, act: "queue.board", subject: "queues" },
        detail: { method: c.req.method, path: c.req.path.slice(BOARD_PATH.length) },
      });
    }
    const shown = acts ? boards.acting : mayDo(user, "transactions.read") ? boards.looking : boards.blind;
    const response = await shown.fetch(c.req.raw, c.env);
    if (!response.headers.get("content-type")?.startsWith("text/html")) return response;
    return c.html((await response.text()).replace(OUTSIDE_FONTS, ""));
  };
  // By `all`: what addresses there are is the library's matter, who may ask for any is ours, above.
  return new Hono<AppEnv>().all(BOARD_PATH, answer).all(`${BOARD_PATH}/*`, answer);
}

function board(
  { transactions, decisions }: Pick<Deps, "transactions" | "decisions">,
  { readOnly, payloads }: { readonly readOnly: boolean; readonly payloads: boolean },
): Hono {
  const adapters = [...transactions.queues, decisions].map((queue) => {
    const adapter = new BullMQAdapter(queue, { readOnlyMode: readOnly, allowRetries: !readOnly });
    adapter.setFormatter("data", (data: unknown) => (payloads ? masked(data) : {}));
    return adapter;
  });
  const server = new HonoAdapter(serveStatic);
  server.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: adapters,
    serverAdapter: server,
    options: { uiConfig: { boardTitle: "PaySecure queues", hideRedisDetails: true } },
  });
  return new Hono().route(BOARD_PATH, server.registerPlugin());
}

function masked(data: unknown): unknown {
  const object = typeof data === "object" && data !== null ? data : { value: data };
  return JSON.parse(keptJson(object, MOST_SHOWN).json);
}
