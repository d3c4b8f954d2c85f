import { z } from "zod";
import { newToken } from "../../pipeline/accounts/tokens.ts";
import type { AppContext, Deps } from "../context.ts";
import { SealedCookie } from "./sealed-cookie.ts";

/** Browsers keep a cookie for 400 days at most. */
const KEPT_S = 400 * 24 * 3_600;

/** People who share a browser and come in by turns. */
const MOST = 8;

const devices = new SealedCookie(
  "paysecure_device",
  "device",
  z.array(z.object({ user: z.number(), device: z.string() })),
  KEPT_S,
);

type Sealing = Pick<Deps, "config" | "secrets">;

/** The number under which a browser is known to an account that came in with it before (OWASP's device cookie). */
export function knownDevice(c: AppContext, deps: Sealing, userId: number): string | undefined {
  return devices.read(c, deps)?.find(({ user }) => user === userId)?.device;
}

/** Remembers that an account came in with this browser. */
export function rememberDevice(c: AppContext, deps: Sealing, userId: number): void {
  const known = devices.read(c, deps) ?? [];
  const device = known.find(({ user }) => user === userId)?.device ?? newToken();
  const others = known.filter(({ user }) => user !== userId).slice(0, MOST - 1);
  devices.write(c, deps, [{ user: userId, device }, ...others]);
}
