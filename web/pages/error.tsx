import type { Child } from "hono/jsx";
import { toHttpFailure } from "../api/problem.ts";
import { StepUpNeeded } from "../auth/guard.ts";
import { pageOf, withNext } from "../auth/next-path.ts";
import { sentence } from "../components/format.ts";
import { LonePage } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext } from "../context.ts";
import { render } from "../fragments/fragments.tsx";

const HELP: Partial<Record<number, string>> = {
  403: "Ask somebody with the right role, or sign in as somebody else.",
  404: "It may have been typed wrong, or it is older than what is kept.",
  429: "Wait a moment, then try again.",
  500: "It is in the log under the id below.",
  503: "A part of PaySecure is starting or away. This page works again when it is back.",
};

/** For programs that keep an eye on us. */
const OPERATIONS = ["/healthz", "/metrics", "/readyz"];

/** Programs, and the scripts of our own pages, which ask for JSON and nothing else. */
function asksForJson(c: AppContext): boolean {
  const { path } = c.req;
  if (path === "/api/docs") return false;
  return (
    path.startsWith("/api/") ||
    path.startsWith("/predict") ||
    OPERATIONS.includes(path) ||
    c.req.header("accept") === "application/json"
  );
}

/**
 * A failure as its caller can use it: a problem document for programs, a message on top of the page for htmx, the way
 * to the sign-in page or a page of its own for people.
 */
export async function answerFailure(error: unknown, c: AppContext): Promise<Response> {
  const requestId = c.get("requestId");
  const { status, headers, problem } = toHttpFailure(error, requestId);
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  const path = c.req.path;
  if (asksForJson(c)) {
    return c.body(JSON.stringify(problem), status, { "Content-Type": "application/problem+json" });
  }
  if (error instanceof StepUpNeeded) return toConfirm(c);
  if (path.startsWith("/live/")) return c.text(problem.title, status);
  if (c.req.header("hx-request") === "true") {
    c.header("HX-Reswap", "none");
    return c.html(await render(status === 401 ? signedOut() : toast(sentence(problem.detail))), status);
  }
  if (status === 401) {
    c.header("WWW-Authenticate", undefined);
    return c.redirect(withNext("/sign-in", pageOf(c)), 303);
  }
  return c.html(
    <LonePage title={problem.title} view={viewOf(c)}>
      <p class="status">{status}</p>
      <h1>{problem.title}</h1>
      <p class="soft">{sentence(problem.detail)}</p>
      {HELP[status] && <p class="soft">{HELP[status]}</p>}
      {status >= 500 && (
        <p class="faint small">
          Request id <code>{requestId}</code>
        </p>
      )}
      <p>
        <a class="button" href="/">
          To the dashboard
        </a>
      </p>
    </LonePage>,
    status,
  );
}

/** To the page that asks who it is, and back from there to where they are. */
function toConfirm(c: AppContext): Response {
  const confirm = withNext("/account/confirm", pageOf(c));
  if (c.req.header("hx-request") !== "true") return c.redirect(confirm, 303);
  c.header("HX-Redirect", confirm);
  return c.body(null, 204);
}

/** The page stays, with what is typed on it: a session begun in another tab is this tab's too. */
function signedOut(): Child {
  return toast(
    <>
      Your session has ended, so nothing was recorded. <a href="/sign-in">Sign in</a> again, in another tab;
      what you wrote stays here to be sent again.
    </>,
  );
}

function toast(message: Child): Child {
  return (
    <hx-partial hx-target="#toasts" hx-swap="beforeend">
      <div class="toast" data-kind="problem" role="alert">
        {message}
      </div>
    </hx-partial>
  );
}
