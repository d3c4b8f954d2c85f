import { jobJsonSchema } from "./job-schema.ts";

/** `npm run job-schema` prints the JSON Schema of a job of the queue `transactions`: docs/queue-job.schema.json. */
process.stdout.write(`${JSON.stringify(jobJsonSchema(), null, 2)}\n`);
