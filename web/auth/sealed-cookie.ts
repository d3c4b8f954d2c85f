import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { z } from "zod";
import type { SealedFor } from "../../pipeline/accounts/secret-box.ts";
import { publicUrl } from "../config.ts";
import type { AppContext, Deps } from "../context.ts";
import { cookieName } from "./session-cookie.ts";

type Sealing = Pick<Deps, "config" | "secrets">;

/** A cookie whose content the browser keeps and can neither read nor change. */
export class SealedCookie<S extends z.ZodType> {
  readonly #name: string;
  readonly #purpose: SealedFor;
  readonly #schema: S;
  readonly #seconds: number;

  /**
   * @param name without the port
   * @param seconds how long the browser keeps it; what must not be older has its moment inside
   */
  constructor(name: string, purpose: SealedFor, schema: S, seconds: number) {
    this.#name = name;
    this.#purpose = purpose;
    this.#schema = schema;
    this.#seconds = seconds;
  }

  /** What the browser brought; null when there is none, or none of ours. */
  read(c: AppContext, { config, secrets }: Sealing): z.output<S> | null {
    const sealed = getCookie(c, cookieName(this.#name, c, config));
    const text = sealed === undefined ? null : secrets.open(this.#purpose, sealed);
    return text === null ? null : (this.#schema.safeParse(JSON.parse(text)).data ?? null);
  }

  write(c: AppContext, { config, secrets }: Sealing, content: z.input<S>): void {
    const sealed = secrets.seal(this.#purpose, JSON.stringify(content));
    setCookie(c, cookieName(this.#name, c, config), sealed, {
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
      secure: publicUrl(config).startsWith("https:"),
      maxAge: this.#seconds,
    });
  }

  clear(c: AppContext, { config }: Pick<Sealing, "config">): void {
    const name = cookieName(this.#name, c, config);
    deleteCookie(c, name, { path: "/", secure: name.startsWith("__Host-") });
  }
}
