import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { Secret, TOTP } from "otpauth";
import { userActor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { type Account, accountSubject, lockAccount } from "./account.ts";
import type { SecretBox } from "./secret-box.ts";
import { hashToken } from "./tokens.ts";

/** RFC 6238 as every authenticator app has it. */
const ALGORITHM = { algorithm: "SHA1", digits: 6, period: 30 } as const;

/** 160 bits, RFC 4226, 4. */
const SECRET_BYTES = 20;

/** A clock may be half a minute off, either way. */
const WINDOW = 1;

const RECOVERY_CODES = 10;
/** 80 bits: a plain hash is enough. */
const RECOVERY_BYTES = 10;

/** Where the codes in the app are shown to be of. */
const ISSUER = "PaySecure";

/** What a person puts into their authenticator app. */
export interface NewSecret {
  /** Base32. */
  readonly secret: string;
  /** `otpauth://totp/…`, the QR code's text. */
  readonly uri: string;
}

/** A new secret; it is nobody's until {@link setSecondFactor}. */
export function newTotpSecret(name: string): NewSecret {
  return describeSecret(
    new Secret({ buffer: new Uint8Array(randomBytes(SECRET_BYTES)).buffer }).base32,
    name,
  );
}

/** A secret as it is shown. @param secret base32 */
export function describeSecret(secret: string, name: string): NewSecret {
  return { secret, uri: generator(secret, name).toString() };
}

function generator(secret: string, name = ""): TOTP {
  return new TOTP({ ...ALGORITHM, issuer: ISSUER, label: name, secret: Secret.fromBase32(secret) });
}

/** The time step whose code this is; null when it is none of now. */
function stepOf(secret: string, code: string, now: number): number | null {
  const token = code.replaceAll(/\s/g, "");
  if (!/^\d{6}$/.test(token)) return null;
  const delta = generator(secret).validate({ token, window: WINDOW, timestamp: now });
  return delta === null ? null : Math.floor(now / 1_000 / ALGORITHM.period) + delta;
}

/** The code of a secret at a moment. */
export function totpCode(secret: string, now: number = Date.now()): string {
  return generator(secret).generate({ timestamp: now });
}

/**
 * Makes a secret the account's second factor, once a code shows that the app has it.
 *
 * @returns ten recovery codes, to be shown once
 * @throws DomainError `invalid_argument` at `code`
 */
export async function setSecondFactor(
  db: Kysely<Database>,
  secrets: SecretBox,
  userId: number,
  { secret, code, address }: { readonly secret: string; readonly code: string; readonly address: string },
): Promise<string[]> {
  const step = stepOf(secret, code, Date.now());
  if (step === null) throw wrongCode();
  return await db.transaction().execute(async (trx) => {
    const account = await lockAccount(trx, userId);
    const codes = newRecoveryCodes();
    await trx
      .updateTable("users")
      .set({
        totp_secret: secrets.seal("totp", secret),
        totp_confirmed_at: new Date(),
        totp_last_step: step,
        recovery_code_hashes: JSON.stringify(codes.map(hashOfCode)),
      })
      .where("user_id", "=", userId)
      .execute();
    await appendAudit(trx, {
      actor: userActor(userId, account.name),
      act: "account.second_factor_set",
      subject: accountSubject(userId),
      detail: {
        before: account.totp_confirmed_at !== null,
        after: true,
        recovery_codes: codes.length,
        address,
      },
    });
    return codes;
  });
}

/** Takes new recovery codes in the place of those there are. @returns them, to be shown once */
export async function renewRecoveryCodes(
  db: Kysely<Database>,
  userId: number,
  address: string,
): Promise<string[]> {
  return await db.transaction().execute(async (trx) => {
    const account = await lockAccount(trx, userId);
    if (account.totp_confirmed_at === null) {
      throw new DomainError("conflict", "there is no second factor that they would stand in for");
    }
    const codes = newRecoveryCodes();
    await trx
      .updateTable("users")
      .set({ recovery_code_hashes: JSON.stringify(codes.map(hashOfCode)) })
      .where("user_id", "=", userId)
      .execute();
    await appendAudit(trx, {
      actor: userActor(userId, account.name),
      act: "account.recovery_codes_renewed",
      subject: accountSubject(userId),
      detail: { before: account.recovery_code_hashes?.length ?? 0, after: codes.length, address },
    });
    return codes;
  });
}

/**
 * Uses a code up, of the app or a recovery code: each works once, also for two requests at the same moment.
 *
 * @returns false when it is neither, or was used
 */
export async function spendCode(
  db: Kysely<Database>,
  secrets: SecretBox,
  account: Account,
  code: string,
  address: string,
): Promise<boolean> {
  const secret = account.totp_secret === null ? null : secrets.open("totp", account.totp_secret);
  if (account.totp_secret !== null && secret === null) {
    throw new DomainError("internal", "internal error", {
      cause: new Error(
        "a TOTP secret does not open: was SECRET_KEY, or the key in the data folder, changed?",
      ),
    });
  }
  const step = secret === null ? null : stepOf(secret, code, Date.now());
  if (step !== null) {
    const used = await db
      .updateTable("users")
      .set({ totp_last_step: step })
      .where("user_id", "=", account.user_id)
      .where((where) => where.or([where("totp_last_step", "is", null), where("totp_last_step", "<", step)]))
      .executeTakeFirst();
    return used.numUpdatedRows > 0n;
  }
  return await spendRecoveryCode(db, account.user_id, code, address);
}

async function spendRecoveryCode(
  db: Kysely<Database>,
  userId: number,
  code: string,
  address: string,
): Promise<boolean> {
  const hash = hashOfCode(code);
  return await db.transaction().execute(async (trx) => {
    const { name, recovery_code_hashes } = await lockAccount(trx, userId);
    const left = (recovery_code_hashes ?? []).filter((each) => each !== hash);
    if (left.length === (recovery_code_hashes ?? []).length) return false;
    await trx
      .updateTable("users")
      .set({ recovery_code_hashes: JSON.stringify(left) })
      .where("user_id", "=", userId)
      .execute();
    await appendAudit(trx, {
      actor: userActor(userId, name),
      act: "account.recovery_code_used",
      subject: accountSubject(userId),
      detail: { left: left.length, address },
    });
    return true;
  });
}

export function wrongCode(): DomainError {
  return DomainError.invalid([
    { field: "code", description: "is not right, or was used; take the one that the app shows now" },
  ]);
}

/** "k3fz-p2x9-…": base32 without what is mistaken for something else when written down. */
function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const text = new Secret({
      buffer: new Uint8Array(randomBytes(RECOVERY_BYTES)).buffer,
    }).base32.toLowerCase();
    return text.match(/.{4}/g)!.join("-");
  });
}

function hashOfCode(code: string): string {
  return hashToken(code.toLowerCase().replaceAll(/[\s-]/g, ""));
}
