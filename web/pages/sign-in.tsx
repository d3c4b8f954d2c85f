import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import { checkPassword } from "../../pipeline/accounts/password.ts";
import { endSession } from "../../pipeline/accounts/sessions.ts";
import { hasAnyPassword } from "../../pipeline/accounts/sign-in-links.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { continueSignIn } from "../auth/continue-sign-in.ts";

import { knownDevice } from "../auth/known-device.ts";
import { nextPath } from "../auth/next-path.ts";
import { clearSessionCookie } from "../auth/session-cookie.ts";
import { Field, Refused } from "../components/form.tsx";
import { LonePage } from "../components/layout.tsx";
import { PasskeyButton } from "../components/passkeys.tsx";
import { SsoButton } from "../components/single-sign-on.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm } from "./form.ts";

const signInForm = z.object({
  name: z.string("type your name or e-mail address").max(254, "is too long"),
  password: z.string("type your password"),
  next: z.string().optional(),
});

/** How somebody gets in who has no password yet. */
export const HowToGetALink: FC = () => (
  <>
    <p class="soft">
      <code>npm start</code> prints a one-time link when everything is ready. For another one, run this where
      PaySecure runs:
    </p>
    <pre>npm run sign-in-link</pre>
  </>
);

/** `/sign-in`: name and password, and where to go afterwards; `/sign-out`. */
export function signInRoutes(deps: Deps): Hono<AppEnv> {
  const show = async (
    c: AppContext,
    {
      next,
      name,
      refused,
    }: { readonly next: string; readonly name?: string; readonly refused?: DomainError },
  ): Promise<Response> => {
    const { sso } = deps;
    const passwords = deps.config.PASSWORD_SIGN_IN;
    const begun = sso !== null || (await hasAnyPassword(deps.db));
    return c.html(
      <LonePage title="Sign in" view={viewOf(c)} scripts={["passkeys.js"]}>
        <h1>Sign in</h1>
        {!begun && <p>Nobody has a password here yet. The first one in sets theirs by a one-time link.</p>}
        {!begun && <HowToGetALink />}
        {c.req.query("left") === "sso" && sso && (
          <p class="soft">
            You are signed out here. <a href="/sign-in/sso/leave">Sign out of {sso.name}, too</a>
          </p>
        )}
        {sso && !passwords && <SsoButton sso={sso} to="sign-in" next={next} first />}
        {begun && passwords && (
          <form method="post" action="/sign-in" class="form">
            <Refused refused={refused} />
            <Field
              label="Name or e-mail address"
              name="name"
              autocomplete="username"
              value={name}
              maxlength={254}
              required
              autofocus={name === undefined}
              refused={refused}
            />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="current-password"
              required
              autofocus={name !== undefined}
              refused={refused}
            />
            <input type="hidden" name="next" value={next} />
            <button type="submit" class="button primary large wide">
              Sign in
            </button>
          </form>
        )}
        {sso && passwords && <SsoButton sso={sso} to="sign-in" next={next} />}
        {begun && <PasskeyButton to="sign-in" next={next} />}
        {begun && passwords && (
          <p class="soft small">
            {deps.mailer ? (
              <a href="/sign-in/forgot">Forgot your password?</a>
            ) : (
              "Forgot your password? An admin can give you a link to choose a new one."
            )}
          </p>
        )}
      </LonePage>,
    );
  };

  return new Hono<AppEnv>()
    .get("/sign-in", async (c) => {
      const next = nextPath(c.req.query("next"));
      return c.get("user") ? c.redirect(next, 303) : await show(c, { next });
    })
    .post("/sign-in", async (c) => {
      demandPasswords(deps);
      const form = await readForm(c, signInForm);
      const next = nextPath(form.next);
      const signIn = async (): Promise<Response> => {
        const account = await checkPassword(deps, {
          typed: form.name,
          password: form.password,
          address: callerAddress(c, deps.config),
          deviceFor: (userId) => knownDevice(c, deps, userId),
        });
        return await continueSignIn(c, deps, account, { method: "password", next });
      };
      return await orSayWhy(signIn, (refused) => {
        deps.metrics.signIns.inc({ outcome: refused.code === "unauthenticated" ? "refused" : "slowed" });
        return show(c, { next, name: form.name, refused });
      });
    })
    .post("/sign-out", async (c) => {
      const token = c.get("sessionToken");
      if (token !== undefined) await endSession(deps.db, token);
      clearSessionCookie(c, deps.config);
      const bySso = deps.sso !== null && c.get("user")?.session?.method === "sso";
      return c.redirect(bySso ? "/sign-in?left=sso" : "/sign-in", 303);
    });
}

/** @throws DomainError `permission_denied` where nobody comes in by a password (PASSWORD_SIGN_IN) */
function demandPasswords({ config }: Pick<Deps, "config">): void {
  if (config.PASSWORD_SIGN_IN) return;
  throw new DomainError("permission_denied", `passwords are off here: sign in with ${config.OIDC_NAME}`);
}
