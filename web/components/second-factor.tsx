import type { FC } from "hono/jsx";
import { encode } from "uqr";
import type { NewSecret } from "../../pipeline/accounts/second-factor.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { Field } from "./form.tsx";

/** A QR code as one path: black on white whatever the theme, since cameras want it so. */
const QrCode: FC<{ readonly text: string }> = ({ text }) => {
  const { data, size } = encode(text, { ecc: "M", border: 2 });
  const path = data
    .flatMap((row, y) =>
      [
        ...row
          .map((dark) => (dark ? "1" : "0"))
          .join("")
          .matchAll(/1+/g),
      ].map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`),
    )
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code for the authenticator app">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
};

/** The steps of setting a second factor up. @param sealed the secret as the form brings it back */
export const SetUpSecondFactor: FC<{
  readonly action: string;
  readonly offer: NewSecret;
  readonly sealed: string;
  readonly refused?: DomainError | undefined;
}> = ({ action, offer, sealed, refused }) => (
  <form method="post" action={action} class="form">
    <ol class="steps">
      <li>Open an authenticator app on your phone: any will do.</li>
      <li>
        Scan this code with it.
        <QrCode text={offer.uri} />
        <details>
          <summary>Enter a key instead</summary>
          <code class="key">{offer.secret.match(/.{1,4}/g)?.join(" ")}</code>
        </details>
      </li>
      <li>Type the six digits that it shows.</li>
    </ol>
    <input type="hidden" name="secret" value={sealed} />
    <Field
      label="Code"
      name="code"
      autocomplete="one-time-code"
      inputmode="numeric"
      maxlength={20}
      required
      refused={refused}
    />
    <button type="submit" class="button primary large wide">
      Turn on
    </button>
  </form>
);

/** Recovery codes, the one time they are shown. */
export const RecoveryCodes: FC<{ readonly codes: readonly string[]; readonly next: string }> = ({
  codes,
  next,
}) => (
  <>
    <p>
      Each of these codes lets you in once, should you lose your phone. They are not shown again: print them,
      or keep them in a password manager.
    </p>
    <ul class="recovery-codes" id="recovery-codes">
      {codes.map((code) => (
        <li>
          <code>{code}</code>
        </li>
      ))}
    </ul>
    <div class="form-actions">
      <button type="button" class="button" data-copy="recovery-codes">
        Copy
      </button>
      <a class="button primary" href={next}>
        I have kept them
      </a>
    </div>
  </>
);

/** Said to an admin where nothing demands a second step. */
export const AdminWithoutSecondStep: FC = () => (
  <div class="notice" data-kind="warning">
    <p>You can change everything here, and a stolen password would be enough for it. Set up a second step.</p>
    <a class="button" href="/account/second-factor">
      Set up
    </a>
  </div>
);
