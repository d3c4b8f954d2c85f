import { isLoopback } from "./loopback.ts";

/** A listener, and what stands between it and other machines. */
export interface OpenDoor {
  /** The variable that says where it listens. */
  readonly variable: string;
  readonly host: string;
  /** What is missing where other machines can reach it; undefined when nothing is. */
  readonly missing: string | undefined;
  /** What to set, as words after "set". */
  readonly remedy: string;
}

/**
 * What is wrong with a listener that other machines may reach and that lacks something: "HOST=0.0.0.0 is open to other
 * machines …: set …". Undefined on loopback, or when nothing is missing.
 */
export function openDoor({ variable, host, missing, remedy }: OpenDoor): string | undefined {
  if (missing === undefined || isLoopback(host)) return undefined;
  return (
    `${variable}=${host} is open to other machines ${missing}: set ${remedy}, ` +
    `or ${variable}=127.0.0.1 (INSECURE=true overrules this)`
  );
}
