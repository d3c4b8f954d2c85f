import { Hono } from "hono";
import { z } from "zod";
import type { IdentityProvider } from "../../pipeline/accounts/identity-provider.ts";
import {
  connectIdentity,
  disconnectIdentity,
  enterBySso,
  listIdentities,
  type SsoPerson,
  type SsoRefusal,
} from "../../pipeline/accounts/single-sign-on.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { toHttpFailure } from "../api/problem.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { currentPerson, type Person, requireFresh, requirePerson } from "../auth/guard.ts";
import { limitByAddress } from "../auth/limit-by-address.ts";
import { nextPath } from "../auth/next-path.ts";
import { rememberAttempt, type SsoUnderWay, takeAttempt } from "../auth/sso-cookie.ts";
import { beginSession, confirmSession } from "../auth/start-session.ts";
import { sentence } from "../components/format.ts";
import { LonePage } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import { publicUrl } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { readForm } from "./form.ts";

const identityForm = z.object({ issuer: z.url().max(2_000), subject: z.string().min(1).max(1_000) });

const WHY: Record<SsoRefusal, string> = {
  no_role: "none of your groups there has a role here; ask whoever looks after your groups",
  disabled: "your account here is disabled; ask an admin",
  name_taken:
    "an account of your name is here already; if it is yours, sign in to it the way you did before and connect " +
    "single sign-on on your account page, and otherwise ask an admin",
};

/** `/sign-in/sso` leads to the identity provider and back; `/account/sso` connects an account that is there already. */
export function singleSignOnRoutes(deps: Deps): Hono<AppEnv> {
  // Each of these can cost a call of the provider's; a whole office may come by one address.
  const limit = limitByAddress(deps, { name: "sso", points: 60, seconds: 10 });

  /** @throws DomainError `not_found` where there is no single sign-on */
  const provider = (): IdentityProvider => {
    if (!deps.sso) throw new DomainError("not_found", "there is no single sign-on here");
    return deps.sso;
  };

  /** Remembers what for, and says where to. @throws DomainError `unavailable` */
  const begin = async (
    c: AppContext,
    purpose: SsoUnderWay["purpose"],
    next: string,
    session: number | null,
  ): Promise<URL> => {
    const { url, attempt } = await provider().begin(purpose !== "sign-in");
    rememberAttempt(c, deps, attempt, { purpose, session, next });
    return url;
  };

  const enter = async (c: AppContext, person: SsoPerson, next: string): Promise<Response> => {
    const address = callerAddress(c, deps.config);
    const result = await enterBySso(deps.db, person, address);
    if (result.outcome === "refused") {
      deps.failedSignIns.note("sso", result.userId, address);
      throw new DomainError("permission_denied", WHY[result.why]);
    }
    await beginSession(c, deps, result.userId, "sso");
    return c.redirect(next, 303);
  };

  const confirm = async (
    c: AppContext,
    { session }: Person,
    person: SsoPerson,
    next: string,
  ): Promise<Response> => {
    const mine = await listIdentities(deps.db, session.userId);
    if (!mine.some(({ issuer, subject }) => issuer === person.issuer && subject === person.subject))
      throw new DomainError(
        "permission_denied",
        "somebody else signed in there; sign out there, and try again",
      );
    await confirmSession(c, deps, session);
    return c.redirect(next, 303);
  };

  const comeBack = async (c: AppContext): Promise<Response> => {
    const sso = provider();
    const underWay = takeAttempt(c, deps, c.req.query("state"));
    if (!underWay) {
      throw new DomainError(
        "unauthenticated",
        `this was not begun in this browser, or took longer than ten minutes; begin again at ${publicUrl(deps.config)}`,
      );
    }
    const { purpose, next } = underWay;
    const person = await sso.finish(new URL(c.req.url).search, underWay);
    if (purpose === "sign-in") return await enter(c, person, next);
    const user = c.get("user");
    if (user?.session?.id !== underWay.session || !user?.session)
      throw new DomainError("unauthenticated", "your session has ended meanwhile; sign in again");
    if (purpose === "confirm") return await confirm(c, currentPerson(c), person, next);
    const by = { actor: user.actor, address: callerAddress(c, deps.config) };
    await connectIdentity(deps.db, user.session.userId, person, by);
    return c.redirect("/account", 303);
  };

  /** Does it, or says in words why nobody came in. */
  const orSay = async (c: AppContext, work: () => Promise<Response>): Promise<Response> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === "internal" || !deps.sso) throw error;
      deps.metrics.signIns.inc({ outcome: error.code === "unavailable" ? "sso_away" : "refused" });
      const { status } = toHttpFailure(error);
      const signedIn = c.get("user") !== null;
      return c.html(
        <LonePage title="That did not work" view={viewOf(c)}>
          <h1>{error.code === "unavailable" ? "Try again in a moment" : "That did not work"}</h1>
          <p>{sentence(error.message)}</p>
          <p>
            <a class="button primary" href={signedIn ? "/account" : "/sign-in"}>
              {signedIn ? "To your account" : "To the sign-in page"}
            </a>
          </p>
        </LonePage>,
        status,
      );
    }
  };

  return new Hono<AppEnv>()
    .get("/sign-in/sso", limit, (c) =>
      orSay(c, async () => {
        const next = nextPath(c.req.query("next"));
        if (c.get("user")) return c.redirect(next, 303);
        return c.redirect((await begin(c, "sign-in", next, null)).href, 303);
      }),
    )
    .get("/sign-in/sso/callback", limit, (c) => orSay(c, () => comeBack(c)))
    .get("/sign-in/sso/leave", limit, (c) =>
      orSay(c, async () => {
        const url = await provider().signOutUrl(`${publicUrl(deps.config)}/sign-in`);
        return c.redirect(url?.href ?? "/sign-in", 303);
      }),
    )
    .get("/account/confirm/sso", requirePerson, limit, (c) =>
      orSay(c, async () => {
        const next = nextPath(c.req.query("next"));
        return c.redirect((await begin(c, "confirm", next, currentPerson(c).session.id)).href, 303);
      }),
    )
    .post("/account/sso/connect", requirePerson, limit, async (c) => {
      requireFresh(c);
      return await orSay(c, async () => {
        const sso = provider();
        const url = await begin(c, "connect", "/account", currentPerson(c).session.id);
        // The answer of a form may not lead elsewhere (form-action), a page may.
        c.header("Refresh", `0; url=${url.href}`);
        return await c.html(
          <LonePage title={`On to ${sso.name}`} view={viewOf(c)}>
            <h1>On to {sso.name}</h1>
            <p class="soft">Sign in there, and your account here is connected with it.</p>
            <p>
              <a class="button primary" href={url.href}>
                Go on
              </a>
            </p>
          </LonePage>,
        );
      });
    })
    .post("/account/sso/disconnect", requirePerson, async (c) => {
      requireFresh(c);
      const { session, actor } = currentPerson(c);
      const identity = await readForm(c, identityForm);
      const address = callerAddress(c, deps.config);
      await disconnectIdentity(deps.db, session.userId, identity, { actor, address });
      return c.redirect("/account", 303);
    });
}
