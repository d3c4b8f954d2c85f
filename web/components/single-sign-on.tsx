import type { FC } from "hono/jsx";
import type { IdentityProvider } from "../../pipeline/accounts/identity-provider.ts";
import type { ConnectedIdentity } from "../../pipeline/accounts/single-sign-on.ts";
import { withNext } from "../auth/next-path.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

interface ButtonProps {
  readonly sso: IdentityProvider;
  /** Signs in, or says again who it is. */
  readonly to: "sign-in" | "confirm";
  readonly next: string;
  /** The page's first way, not one beside others. */
  readonly first?: boolean;
}

/** A link to the provider. No form: a policy for forms would hold back where its answer leads. */
export const SsoButton: FC<ButtonProps> = ({ sso, to, next, first = false }) => (
  <a
    class={`button large wide${first ? " primary" : ""}`}
    href={withNext(to === "sign-in" ? "/sign-in/sso" : "/account/confirm/sso", next)}
  >
    {to === "sign-in" ? "Sign in" : "Confirm"} with {sso.name}
  </a>
);

/** With which of the provider's identities one's account is connected, and a way to connect or disconnect it. */
export const SingleSignOn: FC<{
  readonly sso: IdentityProvider;
  readonly identities: readonly ConnectedIdentity[];
  readonly view: View;
}> = ({ sso, identities, view }) => (
  <section class="panel" aria-labelledby="single-sign-on">
    <div class="panel-head">
      <h2 id="single-sign-on">Sign in with {sso.name}</h2>
      <span class="sub">{identities.length > 0 ? "connected" : "not connected"}</span>
    </div>
    {identities.length > 0 && (
      <ul class="rows">
        {identities.map(({ issuer, subject, createdAt, lastUsedAt }) => (
          <li>
            <div class="grow">
              <strong>{new URL(issuer).host}</strong>{" "}
              <span class="soft small">
                connected <When at={createdAt} view={view} style="short" />
                {lastUsedAt && (
                  <>
                    , last used <When at={lastUsedAt} view={view} style="short" />
                  </>
                )}
              </span>
            </div>
            <form method="post" action="/account/sso/disconnect">
              <input type="hidden" name="issuer" value={issuer} />
              <input type="hidden" name="subject" value={subject} />
              <button type="submit" class="button">
                Disconnect
              </button>
            </form>
          </li>
        ))}
      </ul>
    )}
    {!identities.some(({ issuer }) => sso.isIssuer(issuer)) && (
      <div class="panel-body form">
        <p class="soft">Once connected, your role here is what your groups there say, at each sign-in.</p>
        <form method="post" action="/account/sso/connect" class="form-actions">
          <button type="submit" class="button">
            Connect
          </button>
        </form>
      </div>
    )}
  </section>
);
