import { SingleBar } from "cli-progress";

/** Called now and then while something long runs: parts done of `total` (trees, bytes, per cent), and a word on it. */
export type Progress = (done: number, total: number, note?: string) => void;

/** Lines that a run leaves in a log, at most, for each thing it counts. */
const LINES = 10;

/** Where progress goes: stderr, so that results can be piped on. */
type Out = Pick<NodeJS.WriteStream, "isTTY" | "write">;

/** Shows how far a long run has come: a bar on a terminal, a line for every tenth elsewhere. */
export function showProgress(title: string, out: Out = process.stderr): { update: Progress; stop(): void } {
  return out.isTTY ? bar(title) : lines(title, out);
}

function lines(title: string, out: Out): ReturnType<typeof showProgress> {
  let last = "";
  return {
    update(done, total, note = "") {
      const step = `${Math.floor((LINES * done) / total)} of ${total}`;
      if (step === last) return;
      last = step;
      out.write(`${title}: ${done} of ${total}${note === "" ? "" : ` ${note}`}\n`);
    },
    stop() {},
  };
}

function bar(title: string): ReturnType<typeof showProgress> {
  const shown = new SingleBar({
    format: `${title} {bar} {value}/{total} {note} · {eta_formatted} left`,
    hideCursor: true,
  });
  return {
    update(done, total, note = "") {
      if (!shown.isActive) shown.start(total, done, { note });
      shown.setTotal(total);
      shown.update(done, { note });
    },
    stop: () => shown.stop(),
  };
}
