import { Hono } from "hono";
import { ROLE_NAMES } from "../../domain/rights.ts";
import { endSession } from "../../pipeline/accounts/sessions.ts";
import { type LinkState, peekSignInToken, signIn } from "../../pipeline/accounts/sign-in-links.ts";
import { addressGroup, callerAddress } from "../auth/caller-address.ts";
import { clearSessionCookie, setSessionCookie } from "../auth/session-cookie.ts";
import { LonePage } from "../components/layout.tsx";
import { type View, viewOf } from "../components/view.ts";
import type { AppEnv, Deps } from "../context.ts";
import { RateLimiter, rateLimit } from "../rate-limit.ts";

const SPENT: Record<Exclude<LinkState["state"], "valid">, readonly [title: string, text: string]> = {
  used: ["This link was used before", "Each sign-in link works once. Ask for a new one."],
  expired: ["This link has expired", "Sign-in links work for a limited time. Ask for a new one."],
  unknown: [
    "This link is not valid",
    "It may have been cut off when it was copied. Take the whole line, or ask for a new one.",
  ],
};

function HowToGetALink() {
  return (
    <>
      <p class="soft">
        <code>npm start</code> prints a one-time link when everything is ready. For another one, run this
        where PaySecure runs:
      </p>
      <pre>npm run sign-in-link</pre>
    </>
  );
}

function spentPage(state: Exclude<LinkState["state"], "valid">, view: View) {
  const [title, text] = SPENT[state];
  return (
    <LonePage title={title} view={view}>
      <h1>{title}</h1>
      <p>{text}</p>
      <HowToGetALink />
    </LonePage>
  );
}

/**
 * `/sign-in`, `/sign-in/:token`, `/sign-out`. Opening a link only shows a button; pressing it (a POST) uses the link up,
 * so that a mail scanner or a chat's preview of the link does not.
 */
export function signInRoutes(deps: Deps): Hono<AppEnv> {
  // 256 random bits cannot be guessed; the limit keeps somebody from trying at the database's cost.
  const limit = rateLimit(
    new RateLimiter(deps.redis, deps.config.REDIS_PREFIX, { name: "sign-in", points: 20, seconds: 10 }),
    (c) => addressGroup(callerAddress(c, deps.config)),
  );
  return new Hono<AppEnv>()
    .get("/sign-in", (c) => {
      if (c.get("user")) return c.redirect("/", 303);
      return c.html(
        <LonePage title="Sign in" view={viewOf(c)}>
          <h1>Sign in</h1>
          <p>
            Fraud scoring and review of card payments. You sign in with a one-time link; there is no password.
          </p>
          <HowToGetALink />
        </LonePage>,
      );
    })
    .get("/sign-in/:token", limit, async (c) => {
      const view = viewOf(c);
      const token = c.req.param("token");
      const link = await peekSignInToken(deps.db, token);
      if (link.state !== "valid")
        return c.html(spentPage(link.state, view), link.state === "unknown" ? 404 : 410);
      return c.html(
        <LonePage title="Sign in" view={view}>
          <h1>Welcome to PaySecure</h1>
          <p class="soft">
            This link signs you in as <strong>{link.userName}</strong> ({ROLE_NAMES[link.role]}). It works
            once.
          </p>
          <form method="post" action={`/sign-in/${encodeURIComponent(token)}`}>
            <button type="submit" class="button primary large wide" autofocus>
              Sign in as {link.userName}
            </button>
          </form>
        </LonePage>,
      );
    })
    .post("/sign-in/:token", limit, async (c) => {
      const token = c.req.param("token");
      const sessionToken = await signIn(deps.db, token, deps.config.SESSION_IDLE_HOURS);
      if (sessionToken === null) {
        const link = await peekSignInToken(deps.db, token);
        const state = link.state === "valid" ? "unknown" : link.state;
        deps.metrics.signIns.inc({ outcome: state });
        return c.html(spentPage(state, viewOf(c)), state === "unknown" ? 404 : 410);
      }
      setSessionCookie(c, deps.config, sessionToken);
      deps.metrics.signIns.inc({ outcome: "signed_in" });
      return c.redirect("/", 303);
    })
    .post("/sign-out", async (c) => {
      const token = c.get("sessionToken");
      if (token !== undefined) await endSession(deps.db, token);
      clearSessionCookie(c, deps.config);
      return c.redirect("/sign-in", 303);
    });
}
