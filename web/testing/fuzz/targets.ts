import type { Hono } from "hono";
import { failuresOf, honoPath, successesOf } from "../../api/route.ts";
import { API_ROUTES } from "../../api/routes.ts";
import type { WebConfig } from "../../config.ts";
import type { AppEnv } from "../../context.ts";
import { PASSWORD } from "../people.ts";

/** A route and what it may answer. */
export interface Target {
  readonly method: string;
  /** As Hono writes it: `/reviews/:id`. */
  readonly path: string;
  readonly documented: ReadonlySet<number>;
  /** What a right body looks like: JSON, or the fields of a form. */
  readonly example?: { readonly json: unknown } | { readonly form: Readonly<Record<string, string>> };
}

/** What HTTP itself says of any request: not changed since, another method, a head that is too large or none. */
const HTTP = [304, 405, 431];

/** What a page may answer. Not signed in is a way to the sign-in page (303) or, for htmx, 401. */
const PAGE = [200, 303, 400, 401, 403, 404, 429, ...HTTP];
const FORM = [200, 204, 303, 400, 401, 403, 404, 409, 413, 415, 429, ...HTTP];

/** Pages that may answer something more. */
const MORE: Readonly<Record<string, readonly number[]>> = {
  "GET /sign-in/:token": [410],
  "POST /sign-in/:token": [410],
  "GET /sign-in/join/:token": [410],
  "POST /sign-in/join/:token": [410],
  "POST /keys": [201],
  "POST /keys/:id/rotate": [201],
  "GET /readyz": [503],
};

const FORMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "POST /reviews/:id/claim": { note: "" },
  "POST /reviews/:id/release": { note: "" },
  "POST /reviews/:id/renew": { note: "half a sentence" },
  "POST /reviews/:id/decide": { verdict: "fraud", note: "seen before" },
  "POST /reviews/next": { tier: "high" },
  "POST /reviews/views": { name: "Big ones", show: "free", order: "due", columns: "amount" },
  "POST /reviews/views/:id": { act: "rename", name: "Biggest" },
  "POST /reviews/columns": { act: "own", columns: "amount" },
  "POST /keys": { name: "gateway", scopes: "figures.read", days: "7", rate: "" },
  "POST /keys/:id/rotate": { overlap: "24" },
  "POST /sign-in": { name: "fuzz-viewer-1", password: PASSWORD, next: "/reviews" },
  "POST /sign-in/code": { code: "123456" },
  "POST /sign-in/forgot": { email: "ann@example.com" },
  "POST /account/confirm": { password: PASSWORD },
  "POST /account/profile": { name: "ann", email: "ann@example.com" },
  "POST /account/password": { current: PASSWORD, password: PASSWORD },
  "POST /team/invite": { name: "bob", email: "bob@example.com", role: "analyst" },
  "POST /team/:id/role": { role: "lead" },
};

/** What is answered where there is no route of that method. */
const NOWHERE: ReadonlySet<number> = new Set([204, 303, 400, 401, 403, 404, 413, 415, 429, ...HTTP]);

/** What may be answered to a request, which may have become another route's by a change of its method or path. */
export function documentedFor(targets: readonly Target[], method: string, path: string): ReadonlySet<number> {
  const asked = (path.split("?")[0] as string).split("/");
  const as = method === "HEAD" ? "GET" : method;
  const found = targets.filter((target) => {
    const parts = target.path.split("/");
    const fits =
      parts.length === asked.length && parts.every((part, i) => part.startsWith(":") || part === asked[i]);
    return target.method === as && fits;
  });
  return new Set([
    ...(found.length > 0 ? [] : NOWHERE),
    ...found.flatMap(({ documented }) => [...documented]),
  ]);
}

/** Every route of the app, with the statuses that are documented for it. */
export function targetsOf(app: Hono<AppEnv>, config: WebConfig): Target[] {
  const documented = new Map(
    API_ROUTES.flatMap(({ operation }) =>
      [operation.path, ...(operation.aliases ?? [])].map((path) => [
        `${operation.method.toUpperCase()} ${honoPath(path)}`,
        operation,
      ]),
    ),
  );
  const seen = new Set<string>();
  return app.routes.flatMap(({ method, path }): Target[] => {
    const name = `${method} ${path}`;
    if (method === "ALL" || seen.has(name)) return [];
    seen.add(name);
    const operation = documented.get(name);
    if (operation) {
      const statuses = new Set([...successesOf(operation), ...failuresOf(operation, config), ...HTTP]);
      const { body } = operation;
      return [{ method, path, documented: statuses, ...(body ? { example: { json: body.example } } : {}) }];
    }
    const form = FORMS[name];
    const statuses = new Set([...(method === "GET" ? PAGE : FORM), ...(MORE[name] ?? [])]);
    return [{ method, path, documented: statuses, ...(form ? { example: { form } } : {}) }];
  });
}
