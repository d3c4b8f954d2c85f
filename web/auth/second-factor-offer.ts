import { z } from "zod";
import { describeSecret, type NewSecret, newTotpSecret } from "../../pipeline/accounts/second-factor.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Deps } from "../context.ts";

const sealedOffer = z.object({ user: z.number(), secret: z.string(), at: z.number() });

/** How long somebody may take to set it up. */
const WAITS_MS = 30 * 60_000;

/** A secret on its way to an authenticator app, and as its form brings it back. */
export interface Offer {
  readonly offer: NewSecret;
  readonly sealed: string;
}

/** A new secret for an account; nothing is kept of it here. */
export function offerSecondFactor({ secrets }: Pick<Deps, "secrets">, userId: number, name: string): Offer {
  const offer = newTotpSecret(name);
  const content: z.input<typeof sealedOffer> = { user: userId, secret: offer.secret, at: Date.now() };
  return { offer, sealed: secrets.seal("totp-offer", JSON.stringify(content)) };
}

/**
 * The secret that was offered to this account.
 *
 * @throws DomainError `conflict` when it is not one of ours, or too old
 */
export function openOffer(
  { secrets }: Pick<Deps, "secrets">,
  userId: number,
  name: string,
  sealed: string,
): Offer {
  const text = secrets.open("totp-offer", sealed);
  const content = text === null ? undefined : sealedOffer.safeParse(JSON.parse(text)).data;
  if (content?.user !== userId || Date.now() - content.at > WAITS_MS) {
    throw new DomainError("conflict", "this took too long; begin again");
  }
  return { offer: describeSecret(content.secret, name), sealed };
}
