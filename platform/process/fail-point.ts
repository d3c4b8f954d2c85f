import { failPoints } from "./config.ts";

/** The lines between which a process may die, and what holds there. `npm run chaos` kills at each of them. */
export const FAIL_POINTS = {
  "job.taken": "a worker has a job and has done nothing: its lock runs out and another takes it",
  "job.parsed": "bad transactions are known and not written: the next try finds the same",
  "job.scored": "decisions are made and not recorded: they are made again, by whatever model serves then",
  "record.written": "rows are in an open transaction: it rolls back whole",
  "record.committed":
    "decisions, cases, deltas and messages are there, the job is not done: the next try finds repeats",
  "job.recorded": "dead letters are written too, the job is not done: the next try adds none twice",
  "outbox.read": "messages were read and not delivered: they stay",
  "outbox.delivered": "messages were delivered and not deleted: they are delivered again, harmlessly",
  "alert.claimed":
    "a message of alerts is claimed and was not sent: another sends it when the claim runs out",
  "alert.sent":
    "a message of alerts was sent and its row does not say so: it is sent again under the id that it had",
  "webhook.noted":
    "events are written as webhooks to send, their messages are there: the next time finds them",
  "webhook.claimed": "a webhook is claimed and not sent: another sends it when the claim has run out",
  "webhook.sent": "a webhook was sent and its row does not say so: it is sent again, under the same id",
  "stream.recorded":
    "messages of a stream are recorded and not acknowledged: they come again, and are repeats",
  "aggregates.read": "states of entities were read and nothing is written: the message stays",
  "aggregates.moved": "some states are written and the message is there: what counts already counts once",
  "fold.done": "deltas were folded in one statement: there is no between",
  "review.written":
    "a claim or verdict is in an open transaction: it rolls back whole, the person sees an error",
  "review.committed":
    "a verdict is there and its answer is not: sent again it is told of the one that is recorded",
  "recorder.taken": "the scorer has answered nobody yet and Redis has nothing: the caller's call fails",
  "recorder.sent": "Redis has the decisions and nobody was told: they are recorded, a repeat counts once",
} as const;

export type FailPoint = keyof typeof FAIL_POINTS;

/** Name → how often it is passed until the process dies. */
const armed = new Map(
  failPoints()
    .split(",")
    .filter((entry) => entry !== "")
    .map((entry): [string, number] => {
      const [name = "", times = "1"] = entry.split(":");
      return [name, Number(times)];
    }),
);

/** Dies here, as by a power cut, when `FAIL_POINTS` says so; otherwise nothing. */
export function failPoint(name: FailPoint): void {
  if (armed.size === 0) return;
  const left = armed.get(name);
  if (left === undefined) return;
  if (left <= 1) process.kill(process.pid, "SIGKILL");
  armed.set(name, left - 1);
}
