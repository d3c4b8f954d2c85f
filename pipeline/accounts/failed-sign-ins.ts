import type { Kysely } from "kysely";
import { SYSTEM } from "../../domain/actors.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { recordAct } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";

/**
 * What went wrong: not the password, not the code of the second factor, nobody of ours by single sign-on, or too many
 * attempts for now.
 */
export type SignInFailure = "password" | "code" | "sso" | "slowed";

const ACTS: Record<SignInFailure, string> = {
  password: "account.sign_in_failed",
  code: "account.code_failed",
  sso: "account.sso_refused",
  slowed: "account.sign_in_slowed",
};

/** How long failures of one kind are gathered into one act. */
const GATHER_MS = 60_000;

/** Kinds gathered at once; what comes beyond is counted together, whoever it was. */
const MOST_KINDS = 500;

interface Gathered {
  readonly act: string;
  readonly subject: string;
  readonly address: string | undefined;
  count: number;
}

/**
 * Writes failed sign-ins to the audit log: the first of an account and address at once, what follows within the minute
 * as one act with its count. Guessing costs the log a row or two a minute, however fast it is.
 */
export class FailedSignIns {
  readonly #db: Kysely<Database>;
  readonly #logger: Logger;
  readonly #gathered = new Map<string, Gathered>();
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Kysely<Database>, logger: Logger) {
    this.#db = db;
    this.#logger = logger;
  }

  /** @param userId whose account it was; null when there is none of that name, which is then not kept */
  note(failure: SignInFailure, userId: number | null, address: string): void {
    const act = ACTS[failure];
    const full = this.#gathered.size >= MOST_KINDS;
    const key = `${act} ${userId ?? ""} ${address}`;
    const known = this.#gathered.get(key) ?? (full ? this.#gathered.get(act) : undefined);
    if (known) {
      known.count += 1;
      return;
    }
    const gathering: Gathered = {
      act,
      subject: userId !== null && !full ? `user:${userId}` : "user:unknown",
      address: full ? undefined : address,
      count: 0,
    };
    this.#gathered.set(full ? act : key, gathering);
    const writing: Promise<void> = this.#write({ ...gathering, count: 1 }).finally(() =>
      this.#underWay.delete(writing),
    );
    this.#underWay.add(writing);
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Writes what was gathered, now, and waits for what is being written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const each of all) if (each.count > 0) await this.#write(each);
    await Promise.all(this.#underWay);
  }

  async #write({ act, subject, address, count }: Gathered): Promise<void> {
    const detail = { ...(address === undefined ? {} : { address }), count };
    try {
      await recordAct(this.#db, { actor: SYSTEM, act, subject, detail });
    } catch (error) {
      this.#logger.error(
        { err: messageOf(error), act, subject, count },
        "a failed sign-in is not in the audit log",
      );
    }
  }
}
