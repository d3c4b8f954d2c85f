import type { Hono, MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { Right } from "../../domain/rights.ts";
import { check } from "../../pipeline/doors/json.ts";
import { requireRight } from "../auth/guard.ts";
import type { WebConfig } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { readBody, readQuery } from "./body.ts";

/** Who may call: everybody, or whoever has the right. */
export type Access = "open" | Right;

/** A body in one declaration: how it is read and checked, and how it is documented. */
export interface Body<T> {
  /** As JSON. */
  readonly schema: z.ZodType;
  /** One of these a line is taken as well. */
  readonly line?: z.ZodType;
  /** What `/api/docs` begins with. */
  readonly example: unknown;
  /** How a body that breaks the schema is answered; a problem of status 400 when absent. */
  readonly refusedWith?: 422;
  /** @throws DomainError `invalid_argument`; Refusal 415 */
  read(c: AppContext): Promise<T>;
}

/** A JSON body that its schema says all about. */
export function jsonBody<S extends z.ZodType>(schema: S, example: z.input<S>): Body<z.output<S>> {
  return { schema, example, read: (c) => readBody(c, schema) };
}

/** What a route's document is made of. */
export interface Operation {
  readonly method: "get" | "post";
  /** As OpenAPI writes it: `/api/v1/reviews/{id}`. */
  readonly path: string;
  /** Other addresses of the same, left out of the document. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly access: Access | ((config: WebConfig) => Access);
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Documented; its handler reads them. */
  readonly headers?: z.ZodObject;
  readonly body?: Body<unknown>;
  readonly status: 200 | 202 | 204;
  /** None goes with 204. */
  readonly answer?: z.ZodType;
  /** In place of JSON: the content types of the file that it answers with. */
  readonly files?: readonly string[];
  /** One of these a line is answered with to who asks for lines. */
  readonly answerLine?: z.ZodType;
  /** What statuses mean here, where that is more than they mean everywhere; successes among them are answered too. */
  readonly says?: Readonly<Record<number, string>>;
  /** Statuses of failures beside those that follow from access, parameters and body ({@link failuresOf}). */
  readonly failures?: readonly number[];
}

type Checked<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler is given: each part as its schema left it, undefined where the route has none. */
export interface Request<P, Q, T> {
  readonly params: Checked<P>;
  readonly query: Checked<Q>;
  readonly body: T;
}

/** The answer as the schema has it; a Response of its own is sent as it is. */
type Answered<A> = (A extends z.ZodType ? z.output<A> : undefined) | Response;

/** A route with its document. */
export interface ApiRoute {
  readonly operation: Operation;
  /** Registers the route. */
  mount(routes: Hono<AppEnv>, deps: Deps): void;
}

/**
 * Declares a route once: the same object is registered and documented, its schemas check what comes in and type what
 * goes out. There is no other way into {@link ApiRoute}, so no route of the API is without a document.
 *
 * @example
 * route(
 *   { method: "get", path: "/api/v1/stats", access: "open", summary: "Totals", status: 200, answer: statsJson },
 *   ({ db }) => async () => statsToJson(await readStats(db)),
 * )
 */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  T = undefined,
  A extends z.ZodType | undefined = undefined,
>(
  operation: Operation & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: Body<T>;
    readonly answer?: A;
  },
  handlerOf: (deps: Deps) => (request: Request<P, Q, T>, c: AppContext) => Answered<A> | Promise<Answered<A>>,
): ApiRoute {
  return {
    operation,
    mount: (routes, deps) => {
      const handle = handlerOf(deps);
      const { method, path, aliases = [], params, query, body, status } = operation;
      routes.on(
        method.toUpperCase(),
        [path, ...aliases].map(honoPath),
        guardOf(accessOf(operation, deps.config)),
        async (c) => {
          // A part that the operation lacks is of type undefined: the parameters' defaults say so.
          const request = {
            params: params && check(params, c.req.param()),
            query: query && readQuery(c, query),
            body: body && (await body.read(c)),
          } as Request<P, Q, T>;
          const answer: unknown = await handle(request, c);
          if (answer instanceof Response) return answer;
          return status === 204 ? c.body(null, status) : c.json(answer, status);
        },
      );
    },
  };
}

/** `/api/v1/reviews/{id}` → `/api/v1/reviews/:id` */
export function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

export function accessOf({ access }: Operation, config: WebConfig): Access {
  return typeof access === "function" ? access(config) : access;
}

function guardOf(access: Access): MiddlewareHandler<AppEnv> {
  return access === "open" ? (_, next) => next() : requireRight(access);
}

/** Every status of success that a route can answer with, in order. */
export function successesOf({ status, says = {} }: Operation): number[] {
  const others = Object.keys(says)
    .map(Number)
    .filter((each) => each < 300);
  return [...new Set([status, ...others])].sort((a, b) => a - b);
}

/** Every status of a failure that a route can answer with, in order. 500 is nobody's plan and not among them. */
export function failuresOf(operation: Operation, config: WebConfig): number[] {
  const access = accessOf(operation, config);
  const { method, path, body, failures = [] } = operation;
  // Any address may be refused, any key be wrong, any caller ask too often.
  const all = new Set([...failures, 400, 401, 429]);
  // A session's POST from another site is refused where nothing else is asked for, too.
  if (access !== "open" || method === "post") all.add(403);
  // What the path names may not be there, or be no name at all.
  if (path.includes("{")) all.add(404);
  if (method === "post") for (const status of [413, 415]) all.add(status);
  if (body?.refusedWith !== undefined) all.add(body.refusedWith);
  return [...all].sort((a, b) => a - b);
}
