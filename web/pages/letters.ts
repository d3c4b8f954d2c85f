import type { Letter } from "../../pipeline/mail/mailer.ts";

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
