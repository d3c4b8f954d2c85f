import type { FC } from "hono/jsx";
import type { Passkey } from "../../pipeline/accounts/passkeys.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** What the browser said or refused; assets/passkeys.js writes it. */
const Said: FC = () => <p id="passkey-said" class="field-wrong" role="alert"></p>;

interface ButtonProps {
  /** Signs in, or says again who it is. */
  readonly to: "sign-in" | "confirm";
  readonly next: string;
}

/** A button that asks the device who it is; hidden where the browser knows no passkeys. */
export const PasskeyButton: FC<ButtonProps> = ({ to, next }) => (
  <div class="form" data-needs-passkeys>
    <button type="button" class="button large wide" data-passkey={to} data-next={next}>
      {to === "sign-in" ? "Sign in with a passkey" : "Confirm with a passkey"}
    </button>
    <Said />
  </div>
);

/** One's passkeys, and a way to add one. */
export const Passkeys: FC<{ readonly passkeys: readonly Passkey[]; readonly view: View }> = ({
  passkeys,
  view,
}) => (
  <section class="panel" aria-labelledby="passkeys">
    <div class="panel-head">
      <h2 id="passkeys">Passkeys</h2>
    </div>
    <div class="panel-body">
      <p class="soft">
        A passkey signs you in with your device's own lock: fingerprint, face or PIN. It stands for password
        and second step together, and cannot be phished.
      </p>
    </div>
    {passkeys.length > 0 && (
      <ul class="rows">
        {passkeys.map(({ credentialId, name, createdAt, lastUsedAt, backedUp }) => (
          <li>
            <div class="grow">
              <strong>{name}</strong>
              <span class="soft small">
                {" "}
                added <When at={createdAt} view={view} style="short" />
                {lastUsedAt && (
                  <>
                    , last used <When at={lastUsedAt} view={view} style="short" />
                  </>
                )}
                {backedUp && ", kept by a password manager"}
              </span>
            </div>
            <form method="post" action="/account/passkeys/remove">
              <input type="hidden" name="id" value={credentialId} />
              <button type="submit" class="button" aria-label={`Remove the passkey ${name}`}>
                Remove
              </button>
            </form>
          </li>
        ))}
      </ul>
    )}
    <div class="panel-body form" data-needs-passkeys>
      <div class="form inline">
        <label class="field">
          <span>Name of this device</span>
          <input id="passkey-name" maxlength={60} placeholder="Work laptop" autocomplete="off" />
        </label>
        <button type="button" class="button" data-passkey="register" data-name-from="passkey-name">
          Add a passkey
        </button>
      </div>
      <Said />
    </div>
  </section>
);
