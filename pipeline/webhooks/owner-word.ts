import type { Kysely } from "kysely";
import type { Logger } from "../../platform/process/logger.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { Database } from "../store/schema.ts";
import type { DisabledEndpoint, SenderOptions } from "./sender.ts";

/**
 * Gives the owner of an endpoint that was disabled word: a line in the log, and a letter where there is a mail server and
 * the owner is a person with an address. The page of the endpoint says it too.
 *
 * @param mailer null without a mail server
 * @param console where people reach the console; undefined when nobody said
 */
export function ownerWord(
  db: Kysely<Database>,
  logger: Logger,
  mailer: Mailer | null,
  console: string | undefined,
): SenderOptions["tellOwner"] {
  return async (endpoint) => {
    const { id, why, owner } = endpoint;
    logger.error({ endpoint: id, why, owner: owner.name }, "a webhook endpoint was disabled");
    if (mailer === null || owner.kind !== "user") return;
    const person = await db
      .selectFrom("users")
      .select("email")
      .where("user_id", "=", Number(owner.id))
      .where("disabled_at", "is", null)
      .executeTakeFirst();
    if (person?.email) mailer.post({ to: person.email, ...letterOf(endpoint, console) });
  };
}

function letterOf({ id, url, why, owner }: DisabledEndpoint, console: string | undefined) {
  const page = console === undefined ? `/webhooks/${id}` : new URL(`/webhooks/${id}`, console).href;
  return {
    subject: "A webhook endpoint of PaySecure was disabled",
    text: `Hello ${owner.name},

PaySecure sends nothing more to ${url}: ${why}.

What was on its way waits and leaves when you enable the endpoint again; what happens until then is not kept for it.
Its log says what it answered: ${page}
`,
  };
}
