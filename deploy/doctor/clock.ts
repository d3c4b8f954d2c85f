import { type Finding, fault, ok, warning } from "./finding.ts";

/** Deadlines, sessions and one-time codes stand these differences, seconds. */
const SEEN_S = 2;
const HARMS_S = 30;

/** The machine's clock beside a server's. @param offBy seconds, positive where the server's is ahead */
export function clockFinding(server: string, offBy: number): Finding {
  const what = "clocks";
  const by = Math.abs(offBy);
  const found = `${server}'s is ${by.toFixed(1)} s ${offBy < 0 ? "behind" : "ahead of"} this machine's`;
  const mend = "synchronise both (chrony, systemd-timesyncd)";
  if (by >= HARMS_S) return fault(what, found, mend);
  return by >= SEEN_S ? warning(what, found, mend) : ok(what, `${server}'s agrees with this machine's`);
}
