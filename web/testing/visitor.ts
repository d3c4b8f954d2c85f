import type { TestConsole } from "./console.ts";

/** A browser without scripts: pages, forms and cookies. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #app: TestConsole["app"];
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ app }: Pick<TestConsole, "app">, headers: Readonly<Record<string, string>> = {}) {
    this.#app = app;
    this.#headers = headers;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.#ask(path, { headers });
  }

  post(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.#ask(path, { method: "POST", body: new URLSearchParams(fields) });
  }

  /** The page's text. */
  async read(path: string): Promise<string> {
    return await (await this.get(path)).text();
  }

  /** The session's cookie, to be shown by another browser. */
  get session(): string | undefined {
    return [...this.cookies].find(([name]) => name.includes("paysecure_session"))?.[1];
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = {
      "sec-fetch-site": "same-origin",
      accept: "text/html",
      ...(cookie === "" ? {} : { cookie }),
      ...this.#headers,
      ...init.headers,
    };
    const answer = await this.#app.request(path, { ...init, headers });
    for (const given of answer.headers.getSetCookie()) {
      const [pair = "", ...attributes] = given.split("; ");
      const [name = "", value = ""] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
}

/** Where a redirect leads; the status where it is none. */
export function leadsTo(answer: Response): string {
  return answer.headers.get("location") ?? String(answer.status);
}
