import type { Account } from "../../pipeline/accounts/account.ts";
import { spendCode, wrongCode } from "../../pipeline/accounts/second-factor.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Deps } from "../context.ts";

/**
 * Uses a code of the second step up, for somebody who has shown the password: what is slowed is guessing, wherever from
 * and on whichever page.
 *
 * @throws DomainError `invalid_argument` at `code`; `resource_exhausted` after too many
 */
export async function checkCode(
  { db, secrets, attempts, failedSignIns }: Pick<Deps, "db" | "secrets" | "attempts" | "failedSignIns">,
  account: Account,
  code: string,
  address: string,
): Promise<void> {
  const attempt = { account: `code ${account.user_id}`, address: "any", device: "code" };
  try {
    await attempts.begin(attempt);
  } catch (error) {
    if (error instanceof DomainError) failedSignIns.note("slowed", account.user_id, address);
    throw error;
  }
  if (!(await spendCode(db, secrets, account, code, address))) {
    failedSignIns.note("code", account.user_id, address);
    throw wrongCode();
  }
  await attempts.succeeded(attempt);
}
