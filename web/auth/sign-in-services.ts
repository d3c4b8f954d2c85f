import { SignInAttempts } from "../../pipeline/accounts/attempts.ts";
import { FailedSignIns } from "../../pipeline/accounts/failed-sign-ins.ts";
import { IdentityProvider } from "../../pipeline/accounts/identity-provider.ts";
import { PasswordHasher } from "../../pipeline/accounts/password-hash.ts";
import { openSecretBox } from "../../pipeline/accounts/secret-box.ts";
import { createMailer } from "../../pipeline/mail/mailer.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { publicUrl, SSO_CALLBACK, type WebConfig } from "../config.ts";
import type { Deps } from "../context.ts";

/**
 * Opens what people sign in with.
 *
 * @param dataDir where the key of seals is kept unless SECRET_KEY gives one
 * @throws Error when there is no key to be had
 */
export async function openSignInServices(
  { config, db, redis, logger }: Pick<Deps, "config" | "db" | "redis" | "logger">,
  dataDir: string,
): Promise<Pick<Deps, "secrets" | "passwords" | "attempts" | "failedSignIns" | "mailer" | "sso">> {
  const { SECRET_KEY, SMTP_URL, MAIL_FROM = "", REDIS_PREFIX } = config;
  return {
    secrets: await openSecretBox(dataDir, SECRET_KEY),
    passwords: new PasswordHasher(),
    attempts: new SignInAttempts(redis, REDIS_PREFIX),
    failedSignIns: new FailedSignIns(db, logger),
    mailer: SMTP_URL === undefined ? null : createMailer(SMTP_URL, MAIL_FROM, logger),
    sso: openIdentityProvider(config, logger),
  };
}

/** The provider of the configuration; null when there is none. */
export function openIdentityProvider(config: WebConfig, logger: Logger): IdentityProvider | null {
  const { OIDC_ISSUER, OIDC_CLIENT_ID = "", OIDC_CLIENT_SECRET = "", OIDC_ROLES = [] } = config;
  if (OIDC_ISSUER === undefined) return null;
  return new IdentityProvider(
    {
      issuer: OIDC_ISSUER,
      clientId: OIDC_CLIENT_ID,
      clientSecret: OIDC_CLIENT_SECRET,
      clientAuth: config.OIDC_CLIENT_AUTH,
      scopes: config.OIDC_SCOPES,
      groupsClaim: config.OIDC_GROUPS_CLAIM,
      roles: OIDC_ROLES,
      name: config.OIDC_NAME,
      redirectUri: publicUrl(config) + SSO_CALLBACK,
    },
    logger,
  );
}
