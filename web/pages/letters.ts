import type { Account } from "../../pipeline/accounts/account.ts";
import type { Letter } from "../../pipeline/mail/mailer.ts";
import type { Deps } from "../context.ts";

type Text = Omit<Letter, "to">;

/** To somebody who is invited. */
export function invitationLetter(name: string, link: string): Text {
  return {
    subject: "You are invited to PaySecure",
    text: `Hello,

you are invited to PaySecure as ${name}. Choose a password here within three days:

${link}

The link works once. If you did not expect this letter, leave it be.
`,
  };
}

/** To somebody who forgot their password, or whom an admin gives a new one. */
export function resetLetter(name: string, link: string): Text {
  return {
    subject: "Choose a new password for PaySecure",
    text: `Hello ${name},

a new password was asked for. Choose it here within 30 minutes:

${link}

The link works once. If you did not ask for it, leave it be: your password stays as it is.
`,
  };
}

/** What somebody is told of when it was changed, whoever changed it. */
const CHANGES = {
  password: "Your password was changed.",
  secondFactorSet: "A second step was set up for your account, or moved to another app.",
  secondFactorRemoved: "The second step of your account was taken away.",
  recoveryCodes: "Your recovery codes were replaced.",
  email: "Your e-mail address was changed. Letters go to the new one from now on.",
} as const;

/**
 * Tells somebody by mail that a way into their account was changed: a thief's change does not go unseen. Nothing happens
 * without a mail server or an address.
 *
 * @param account as it was before
 */
export function tellOfChange(
  { mailer }: Pick<Deps, "mailer">,
  account: Pick<Account, "name" | "email">,
  change: keyof typeof CHANGES,
): void {
  if (account.email === null) return;
  mailer?.post({
    to: account.email,
    subject: "Your PaySecure account was changed",
    text: `Hello ${account.name},

${CHANGES[change]}

If this was not you, tell an admin at once: they can disable the account.
`,
  });
}
