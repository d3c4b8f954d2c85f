import { Hono } from "hono";
import { z } from "zod";
import { ROLE_NAMES, ROLES } from "../../domain/rights.ts";
import { type Account, hasSecondFactor, readAccount } from "../../pipeline/accounts/account.ts";
import { LINK_MINUTES } from "../../pipeline/accounts/invitations.ts";
import { listPasskeys } from "../../pipeline/accounts/passkeys.ts";
import { listSessions, revokeSessions } from "../../pipeline/accounts/session-list.ts";
import { listIdentities } from "../../pipeline/accounts/single-sign-on.ts";
import {
  changeRole,
  disableAccount,
  enableAccount,
  removeSecondFactor,
  resetByLink,
} from "../../pipeline/accounts/team.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { callerAddress } from "../auth/caller-address.ts";
import { currentPerson, demandRight, requireRight } from "../auth/guard.ts";
import { Refused } from "../components/form.tsx";
import { Page } from "../components/layout.tsx";
import { Sessions } from "../components/sessions.tsx";
import { RoleChoice, ShownLink } from "../components/team.tsx";
import { viewOf } from "../components/view.ts";
import { publicUrl } from "../config.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm } from "./form.ts";
import { invitationLetter, resetLetter, tellOfChange } from "./letters.ts";

const roleForm = z.object({ role: z.enum(ROLES, "choose a role") });

const MANAGE = "accounts.manage";

/** `/team/:id`: one person's role, ways in and sessions, for whoever manages accounts. */
export function teamMemberRoutes(deps: Deps): Hono<AppEnv> {
  const show = async (
    c: AppContext,
    { refused, link }: { readonly refused?: DomainError; readonly link?: string } = {},
  ): Promise<Response> => {
    const userId = numberIn(c, "id", "account");
    const [account, sessions, passkeys, identities, snapshot] = await Promise.all([
      readAccount(deps.db, userId),
      listSessions(deps.db, userId),
      listPasskeys(deps.db, userId),
      listIdentities(deps.db, userId),
      deps.feed.recent(),
    ]);
    const view = viewOf(c);
    const path = `/team/${userId}`;
    const own = currentPerson(c).session;
    return c.html(
      <Page
        title={account.name}
        heading={account.display_name ?? account.name}
        sub={[account.display_name && account.name, account.email, ROLE_NAMES[account.role]]
          .filter(Boolean)
          .join(" · ")}
        crumbs={
          <>
            <a href="/team">Team</a>
            <span aria-hidden="true">/</span>
            <span>{account.name}</span>
          </>
        }
        view={view}
        reviews={snapshot.stats.reviews}
      >
        <div class="settings">
          <Refused refused={refused} />
          <section class="panel" aria-labelledby="role-head">
            <div class="panel-head">
              <h2 id="role-head">What they may do</h2>
              {deps.sso && identities.length > 0 && (
                <span class="sub">their groups at {deps.sso.name} say so again at each sign-in there</span>
              )}
            </div>
            <form method="post" action={`${path}/role`} class="panel-body form inline">
              <RoleChoice chosen={account.role} />
              <button type="submit" class="button primary">
                Change
              </button>
            </form>
          </section>
          <section class="panel" aria-labelledby="ways-in">
            <div class="panel-head">
              <h2 id="ways-in">Ways in</h2>
              <span class="sub">
                {waysIn(account, passkeys.length, identities.length > 0 ? deps.config.OIDC_NAME : null)}
              </span>
            </div>
            <div class="panel-body form">
              {link && (
                <>
                  <p>
                    Whoever opens this link chooses the password. It works once, for{" "}
                    {account.password_hash === null ? "three days" : `${LINK_MINUTES.reset} minutes`}, and is
                    not shown again.
                  </p>
                  <ShownLink link={link} />
                </>
              )}
              <div class="form-actions">
                {account.disabled_at === null && (
                  <form method="post" action={`${path}/reset`}>
                    <button type="submit" class="button">
                      {account.password_hash === null ? "New invitation link" : "Link to reset the password"}
                    </button>
                  </form>
                )}
                {hasSecondFactor(account) && (
                  <form method="post" action={`${path}/second-factor/remove`}>
                    <button type="submit" class="button">
                      Take the second step away
                    </button>
                  </form>
                )}
                {account.disabled_at === null ? (
                  <form method="post" action={`${path}/disable`}>
                    <button type="submit" class="button fraud">
                      Disable the account
                    </button>
                  </form>
                ) : (
                  <form method="post" action={`${path}/enable`}>
                    <button type="submit" class="button primary">
                      Enable the account
                    </button>
                  </form>
                )}
              </div>
            </div>
          </section>
          <section class="panel" aria-labelledby="sessions">
            <div class="panel-head">
              <h2 id="sessions">Sessions</h2>
              {sessions.length > 0 && (
                <form method="post" action={`${path}/sessions/revoke`}>
                  <button type="submit" class="button">
                    End all
                  </button>
                </form>
              )}
            </div>
            <Sessions sessions={sessions} own={own.id} action={`${path}/sessions`} view={view} />
          </section>
        </div>
      </Page>,
    );
  };

  const by = (c: AppContext) => ({ actor: currentPerson(c).actor, address: callerAddress(c, deps.config) });

  /** Does something to the account and shows it as it then is, or why not. */
  const act = (c: AppContext, work: (userId: number) => Promise<unknown>): Promise<Response> =>
    orSayWhy(
      async () => {
        const userId = numberIn(c, "id", "account");
        const outcome = await work(userId);
        return c.redirect(outcome === "waits" ? "/team" : `/team/${userId}`, 303);
      },
      (refused) => show(c, { refused }),
    );

  return new Hono<AppEnv>()
    .get("/team/:id", requireRight(MANAGE), (c) => show(c))
    .post("/team/:id/role", requireRight(MANAGE), (c) =>
      act(c, async (userId) => {
        const { role } = await readForm(c, roleForm);
        if (role === "admin") demandRight(c, "accounts.make_admin");
        return await changeRole(deps.db, userId, role, by(c));
      }),
    )
    .post("/team/:id/disable", requireRight(MANAGE), (c) =>
      act(c, (userId) => disableAccount(deps.db, userId, by(c))),
    )
    .post("/team/:id/enable", requireRight(MANAGE), (c) =>
      act(c, (userId) => enableAccount(deps.db, userId, by(c))),
    )
    .post("/team/:id/reset", requireRight(MANAGE), (c) =>
      orSayWhy(
        async () => {
          const userId = numberIn(c, "id", "account");
          const { token, purpose } = await resetByLink(deps.db, userId, by(c));
          const link = `${publicUrl(deps.config)}/sign-in/join/${token}`;
          const { name, email } = await readAccount(deps.db, userId);
          const letter = purpose === "invite" ? invitationLetter : resetLetter;
          if (email !== null) deps.mailer?.post({ to: email, ...letter(name, link) });
          return await show(c, { link });
        },
        (refused) => show(c, { refused }),
      ),
    )
    .post("/team/:id/second-factor/remove", requireRight(MANAGE), (c) =>
      act(c, async (userId) => {
        await removeSecondFactor(deps.db, userId, by(c));
        tellOfChange(deps, await readAccount(deps.db, userId), "secondFactorRemoved");
      }),
    )
    .post("/team/:id/sessions/revoke", requireRight(MANAGE), (c) =>
      act(c, (userId) => revokeSessions(deps.db, userId, { allBut: undefined }, by(c))),
    )
    .post("/team/:id/sessions/:session/revoke", requireRight(MANAGE), (c) =>
      act(c, (userId) => revokeSessions(deps.db, userId, { only: numberIn(c, "session", "session") }, by(c))),
    );
}

/** @param sso what single sign-on is called; null when the account is not connected with it */
function waysIn(account: Account, passkeys: number, sso: string | null): string {
  if (account.disabled_at !== null) return "disabled";
  const ways = [
    account.password_hash !== null &&
      `a password ${hasSecondFactor(account) ? "and a second step" : "without a second step"}`,
    passkeys > 0 && (passkeys === 1 ? "a passkey" : `${passkeys} passkeys`),
    sso,
  ].filter(Boolean);
  return ways.length > 0 ? ways.join(", ") : "no password yet";
}
