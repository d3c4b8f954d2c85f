import { Hono } from "hono";
import { z } from "zod";
import { type Account, hasSecondFactor, readAccount } from "../../pipeline/accounts/account.ts";
import { listPasskeys } from "../../pipeline/accounts/passkeys.ts";
import { checkPassword } from "../../pipeline/accounts/password.ts";
import { listIdentities } from "../../pipeline/accounts/single-sign-on.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { checkCode } from "../auth/check-code.ts";
import { currentPerson, requirePerson } from "../auth/guard.ts";
import { knownDevice } from "../auth/known-device.ts";
import { nextPath } from "../auth/next-path.ts";
import { confirmSession } from "../auth/start-session.ts";
import { Field, Refused } from "../components/form.tsx";
import { LonePage } from "../components/layout.tsx";
import { PasskeyButton } from "../components/passkeys.tsx";
import { SsoButton } from "../components/single-sign-on.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm } from "./form.ts";

const confirmForm = z.object({
  password: z.string("type your password"),
  code: z.string().max(100, "is too long").default(""),
  next: z.string().optional(),
});

/** `/account/confirm`: who it is, again, before something dangerous; the session gets a new token. */
export function confirmRoutes(deps: Deps): Hono<AppEnv> {
  const accountOf = (c: AppContext): Promise<Account> =>
    readAccount(deps.db, currentPerson(c).session.userId);

  const show = async (c: AppContext, next: string, refused?: DomainError): Promise<Response> => {
    const account = await accountOf(c);
    const { sso } = deps;
    const [passkeys, identities] = await Promise.all([
      listPasskeys(deps.db, account.user_id),
      listIdentities(deps.db, account.user_id),
    ]);
    const bySso = sso !== null && identities.some(({ issuer }) => sso.isIssuer(issuer));
    return await c.html(
      <LonePage title="Is it you?" view={viewOf(c)} scripts={["passkeys.js"]}>
        <h1>Is it still you, {account.display_name ?? account.name}?</h1>
        <p class="soft">What comes next needs a fresh proof.</p>
        {account.password_hash === null && passkeys.length === 0 && !bySso ? (
          <p>Your account has no password. Sign out, and come in again the way you did.</p>
        ) : account.password_hash === null ? null : (
          <form method="post" action="/account/confirm" class="form">
            <Refused refused={refused} />
            <input type="hidden" name="username" autocomplete="username" value={account.name} />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="current-password"
              required
              autofocus
              refused={refused}
            />
            {hasSecondFactor(account) && (
              <Field
                label="Code"
                name="code"
                autocomplete="one-time-code"
                maxlength={100}
                required
                hint="The six digits in your authenticator app, or a recovery code."
                refused={refused}
              />
            )}
            <input type="hidden" name="next" value={next} />
            <button type="submit" class="button primary large wide">
              Go on
            </button>
          </form>
        )}
        {bySso && <SsoButton sso={sso} to="confirm" next={next} first={account.password_hash === null} />}
        {passkeys.length > 0 && <PasskeyButton to="confirm" next={next} />}
        <p class="soft small">
          <a href="/">To the dashboard</a>
        </p>
      </LonePage>,
    );
  };

  return new Hono<AppEnv>()
    .get("/account/confirm", requirePerson, (c) => show(c, nextPath(c.req.query("next"))))
    .post("/account/confirm", requirePerson, async (c) => {
      const { session } = currentPerson(c);
      const form = await readForm(c, confirmForm);
      const next = nextPath(form.next);
      const work = async (): Promise<Response> => {
        const address = callerAddress(c, deps.config);
        const account = await accountOf(c);
        await checkPassword(deps, {
          typed: account.name,
          password: form.password,
          address,
          deviceFor: (userId) => knownDevice(c, deps, userId),
        });
        if (hasSecondFactor(account)) await checkCode(deps, account, form.code, address);
        await confirmSession(c, deps, session);
        return c.redirect(next, 303);
      };
      return await orSayWhy(work, (refused) => show(c, next, refused));
    });
}
