import { Hono } from "hono";
import { z } from "zod";
import { hasSecondFactor } from "../../pipeline/accounts/account.ts";
import { setSecondFactor } from "../../pipeline/accounts/second-factor.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { checkCode } from "../auth/check-code.ts";
import { backToSignIn, finishSignIn, whoWaits } from "../auth/continue-sign-in.ts";
import { type Offer, offerSecondFactor, openOffer } from "../auth/second-factor-offer.ts";
import { Field, Refused } from "../components/form.tsx";
import { LonePage } from "../components/layout.tsx";
import { RecoveryCodes, SetUpSecondFactor } from "../components/second-factor.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm } from "./form.ts";

const codeForm = z.object({ code: z.string("type the code").max(100, "is too long") });
const setUpForm = codeForm.extend({ secret: z.string("begin again").max(1_000) });

/** `/sign-in/code` asks for the second factor, `/sign-in/second-factor` sets it up where one is demanded. */
export function signInCodeRoutes(deps: Deps): Hono<AppEnv> {
  const show = (c: AppContext, refused?: DomainError): Response | Promise<Response> =>
    c.html(
      <LonePage title="Sign in" view={viewOf(c)}>
        <h1>Second step</h1>
        <form method="post" action="/sign-in/code" class="form">
          <Refused refused={refused} />
          <Field
            label="Code"
            name="code"
            autocomplete="one-time-code"
            maxlength={100}
            required
            autofocus
            hint="The six digits in your authenticator app, or one of your recovery codes."
            refused={refused}
          />
          <button type="submit" class="button primary large wide">
            Sign in
          </button>
        </form>
        <p class="soft small">
          Lost both? An admin can take the second step away. <a href="/sign-in">Begin again</a>
        </p>
      </LonePage>,
    );

  const showSetUp = (c: AppContext, offer: Offer, refused?: DomainError): Response | Promise<Response> =>
    c.html(
      <LonePage title="Second step" view={viewOf(c)}>
        <h1>Set up a second step</h1>
        <p class="soft">Your password alone is not enough here. It takes a minute.</p>
        <Refused refused={refused} />
        <SetUpSecondFactor action="/sign-in/second-factor" {...offer} refused={refused} />
      </LonePage>,
    );

  return new Hono<AppEnv>()
    .get("/sign-in/code", async (c) => ((await whoWaits(c, deps)) ? await show(c) : backToSignIn(c)))
    .post("/sign-in/code", async (c) => {
      const who = await whoWaits(c, deps);
      if (!who) return backToSignIn(c);
      const { code } = await readForm(c, codeForm);
      const address = callerAddress(c, deps.config);
      const work = async (): Promise<Response> => {
        await checkCode(deps, who.account, code, address);
        await finishSignIn(c, deps, who.waiting);
        return c.redirect(who.waiting.next, 303);
      };
      return await orSayWhy(work, (refused) => show(c, refused));
    })
    .get("/sign-in/second-factor", async (c) => {
      const who = await whoWaits(c, deps);
      if (!who || hasSecondFactor(who.account)) return backToSignIn(c);
      return await showSetUp(c, offerSecondFactor(deps, who.account.user_id, who.account.name));
    })
    .post("/sign-in/second-factor", async (c) => {
      const who = await whoWaits(c, deps);
      if (!who || hasSecondFactor(who.account)) return backToSignIn(c);
      const { code, secret } = await readForm(c, setUpForm);
      const { user_id: userId, name } = who.account;
      const work = async (): Promise<Response> => {
        const { offer } = openOffer(deps, userId, name, secret);
        const codes = await setSecondFactor(deps.db, deps.secrets, userId, {
          secret: offer.secret,
          code,
          address: callerAddress(c, deps.config),
        });
        await finishSignIn(c, deps, who.waiting);
        return await c.html(
          <LonePage title="Recovery codes" view={viewOf(c)}>
            <h1>Recovery codes</h1>
            <RecoveryCodes codes={codes} next={who.waiting.next} />
          </LonePage>,
        );
      };
      return await orSayWhy(work, (refused) =>
        refused.code === "conflict"
          ? showSetUp(c, offerSecondFactor(deps, userId, name), refused)
          : showSetUp(c, openOffer(deps, userId, name, secret), refused),
      );
    });
}
