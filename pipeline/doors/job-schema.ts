import { z } from "zod";
import { JOB_VERSION, TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { queuedTransaction, transactionChunk } from "../queues.ts";

const job = transactionChunk.extend({
  version: z
    .literal(JOB_VERSION)
    .optional()
    .meta({ description: "A job of another version is refused whole; one without is of this one." }),
  source: z.string().optional().meta({
    description:
      'Where they come from, a label for people: 1 to 64 letters, digits and " _.:/-", the first a letter or digit. Any other is "queue".',
  }),
  transactions: z.array(queuedTransaction).min(1).meta({
    description:
      "Each is judged by itself: a wrong one becomes a dead letter alone. Some hundred make a good job.",
  }),
});

/**
 * The JSON Schema (2020-12) of a job of the queue `transactions`, from what it is read with. Other names are let in:
 * those of a transaction are kept with its decision (`extra`), those of the job are passed over.
 */
export function jobJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(job, { io: "input", unrepresentable: "any" });
  return {
    $schema,
    title: `PaySecure: a job of the BullMQ queue "${TRANSACTIONS_QUEUE}", version ${JOB_VERSION}`,
    ...schema,
  };
}
