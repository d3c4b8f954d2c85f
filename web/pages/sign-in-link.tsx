import { Hono } from "hono";
import { z } from "zod";
import { ROLE_NAMES } from "../../domain/rights.ts";
import { readAccount } from "../../pipeline/accounts/account.ts";
import { emailAddress, signInName } from "../../pipeline/accounts/names.ts";
import { checkNewPassword } from "../../pipeline/accounts/password-rules.ts";
import {
  type LinkState,
  peekSignInToken,
  spendSignInToken,
  takeAccount,
} from "../../pipeline/accounts/sign-in-links.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { continueSignIn } from "../auth/continue-sign-in.ts";
import { limitLinks } from "../auth/limit-by-address.ts";
import { Field, NewPassword, Refused } from "../components/form.tsx";
import { LonePage } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm, sameTwice } from "./form.ts";
import { HowToGetALink } from "./sign-in.tsx";

type ValidLink = Extract<LinkState, { state: "valid" }>;

const SPENT: Record<Exclude<LinkState["state"], "valid">, readonly [title: string, text: string]> = {
  used: ["This link was used before", "Each sign-in link works once. Ask for a new one."],
  expired: ["This link has expired", "Sign-in links work for a limited time. Ask for a new one."],
  unknown: [
    "This link is not valid",
    "It may have been cut off when it was copied. Take the whole line, or ask for a new one.",
  ],
};

const firstForm = z.object({
  name: z.string("choose a name"),
  email: z.string().optional(),
  password: z.string("choose a password"),
  again: z.string("type the password again"),
});

/** After a first password: whether a second factor is wanted, too. */
const OFFER_SECOND_FACTOR = "/account/second-factor?first=1";

/**
 * `/sign-in/:token`. Opening a link only shows a form; sending it (a POST) uses the link up, so that a mail scanner or a
 * chat's preview of the link does not. Where the account has no password yet, its person makes it theirs.
 */
export function signInLinkRoutes(deps: Deps): Hono<AppEnv> {
  // 256 random bits cannot be guessed; the limit keeps somebody from trying at the database's cost.
  const limit = limitLinks(deps);

  const spent = (
    c: AppContext,
    state: Exclude<LinkState["state"], "valid">,
  ): Response | Promise<Response> => {
    const [title, text] = SPENT[state];
    deps.metrics.signIns.inc({ outcome: state });
    return c.html(
      <LonePage title={title} view={viewOf(c)}>
        <h1>{title}</h1>
        <p>{text}</p>
        <HowToGetALink />
        <p>
          <a href="/sign-in">Sign in with a password</a>
        </p>
      </LonePage>,
      state === "unknown" ? 404 : 410,
    );
  };

  const show = (
    c: AppContext,
    link: ValidLink,
    typed?: { readonly name: string; readonly email: string | undefined; readonly refused: DomainError },
  ): Response | Promise<Response> => {
    const action = `/sign-in/${encodeURIComponent(c.req.param("token") ?? "")}`;
    return c.html(
      <LonePage title="Sign in" view={viewOf(c)}>
        <h1>Welcome to PaySecure</h1>
        {link.hasPassword ? (
          <>
            <p class="soft">
              This link signs you in as <strong>{link.userName}</strong> ({ROLE_NAMES[link.role]}). It works
              once.
            </p>
            <form method="post" action={action}>
              <button type="submit" class="button primary large wide" autofocus>
                Sign in as {link.userName}
              </button>
            </form>
          </>
        ) : (
          <>
            <p class="soft">
              This account is yours: <strong>{ROLE_NAMES[link.role]}</strong>. Choose the name that your work
              bears, and a password to come back with.
            </p>
            <form method="post" action={action} class="form">
              <Refused refused={typed?.refused} />
              <Field
                label="Name"
                name="name"
                autocomplete="username"
                value={typed?.name ?? link.userName}
                maxlength={64}
                required
                autofocus
                refused={typed?.refused}
              />
              <Field
                label="E-mail address (may be left out)"
                name="email"
                type="email"
                autocomplete="email"
                value={typed?.email}
                maxlength={254}
                refused={typed?.refused}
              />
              <NewPassword refused={typed?.refused} />
              <button type="submit" class="button primary large wide">
                Create my account
              </button>
            </form>
          </>
        )}
      </LonePage>,
    );
  };

  /** Makes an account without a password somebody's own. */
  const take = async (c: AppContext, token: string, link: ValidLink): Promise<Response> => {
    const form = await readForm(c, firstForm);
    const work = async (): Promise<Response> => {
      const choice = { name: signInName(form.name), email: emailAddress(form.email) };
      sameTwice(form);
      await checkNewPassword(form.password, choice, deps.config.BREACHED_PASSWORDS_FILE);
      const passwordHash = await deps.passwords.hash(form.password);
      await takeAccount(deps.db, token, { ...choice, passwordHash }, callerAddress(c, deps.config));
      const account = await readAccount(deps.db, link.userId);
      return await continueSignIn(c, deps, account, { method: "link", next: OFFER_SECOND_FACTOR });
    };
    return await orSayWhy(work, (refused) => show(c, link, { name: form.name, email: form.email, refused }));
  };

  return new Hono<AppEnv>()
    .get("/sign-in/:token", limit, async (c) => {
      const link = await peekSignInToken(deps.db, c.req.param("token"));
      return link.state === "valid" ? await show(c, link) : await spent(c, link.state);
    })
    .post("/sign-in/:token", limit, async (c) => {
      const token = c.req.param("token");
      const link = await peekSignInToken(deps.db, token);
      if (link.state !== "valid") return await spent(c, link.state);
      // A program that follows the link sends no form: it is let in as ever, and the account stays to be made one's own.
      const sent = Object.keys(await c.req.parseBody()).length > 0;
      if (!link.hasPassword && sent) return await take(c, token, link);
      const account = await readAccount(deps.db, link.userId);
      try {
        return await continueSignIn(c, deps, account, {
          method: "link",
          next: "/",
          spend: async (trx) => void (await spendSignInToken(trx, token)),
        });
      } catch (error) {
        // Somebody else was faster.
        if (error instanceof DomainError && error.code === "conflict") return await spent(c, "used");
        throw error;
      }
    });
}
