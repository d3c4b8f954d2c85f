import { SignInAttempts } from "../../pipeline/accounts/attempts.ts";
import { FailedSignIns } from "../../pipeline/accounts/failed-sign-ins.ts";
import { PasswordHasher } from "../../pipeline/accounts/password-hash.ts";
import { openSecretBox } from "../../pipeline/accounts/secret-box.ts";
import { createMailer } from "../../pipeline/mail/mailer.ts";
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
): Promise<Pick<Deps, "secrets" | "passwords" | "attempts" | "failedSignIns" | "mailer">> {
  const { SECRET_KEY, SMTP_URL, MAIL_FROM = "", REDIS_PREFIX } = config;
  return {
    secrets: await openSecretBox(dataDir, SECRET_KEY),
    passwords: new PasswordHasher(),
    attempts: new SignInAttempts(redis, REDIS_PREFIX),
    failedSignIns: new FailedSignIns(db, logger),
    mailer: SMTP_URL === undefined ? null : createMailer(SMTP_URL, MAIL_FROM, logger),
  };
}
