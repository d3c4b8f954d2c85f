import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { type AllowedInside, resolveOutside } from "./addresses.ts";

/** Of an answer so much is kept, characters: enough for the words of an error. */
const KEPT = 500;
/** And so much is read, bytes. */
const READ = 65_536;
/** The longest address that is taken. */
const LONGEST_URL = 2_048;

export interface OutgoingPost {
  readonly url: string;
  /** Text leaves as UTF-8. */
  readonly body: string | Uint8Array;
  /** Beside those of length and host. */
  readonly headers: Readonly<Record<string, string>>;
  /** For everything, milliseconds. */
  readonly limitMs: number;
  readonly allowed: AllowedInside;
}

export interface OutgoingAnswer {
  readonly status: number;
  /** The first {@link KEPT} characters of what was said. */
  readonly said: string;
  /** When to come again, as `Retry-After` says in seconds; undefined when it does not. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Checks an address that somebody gives for messages to go to.
 *
 * @returns what is wrong, in words; undefined when nothing is
 */
export function wrongAddress(text: string): string | undefined {
  if (text.length > LONGEST_URL) return `must have at most ${LONGEST_URL} characters`;
  if (!URL.canParse(text)) return "must be a URL, such as https://example.com/hook";
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https:// or http://";
  if (url.username !== "" || url.password !== "") return "must not hold a user or password";
  return undefined;
}

/**
 * Posts a body to a server that somebody named. Connects only to addresses outside, or to such inside as the operator
 * allows; follows no redirect; reads no more of the answer than a bit.
 *
 * @throws Error in words that may be shown: not reached, refused, not in time
 */
export async function postOut({
  url,
  body,
  headers,
  limitMs,
  allowed,
}: OutgoingPost): Promise<OutgoingAnswer> {
  const wrong = wrongAddress(url);
  if (wrong) throw new Error(`the address ${wrong}`);
  const target = new URL(url);
  const abort = AbortSignal.timeout(limitMs);
  const inTime = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([
      work,
      new Promise<never>((_, reject) => abort.addEventListener("abort", () => reject(notInTime(limitMs)))),
    ]);
  const place = await inTime(resolveOutside(target.hostname, allowed));
  const send = target.protocol === "https:" ? requestTls : requestPlain;
  return await new Promise<OutgoingAnswer>((resolve, reject) => {
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    const request = send(
      target,
      {
        method: "POST",
        agent: false,
        signal: abort,
        headers: { ...headers, "content-length": bytes.length, connection: "close" },
        lookup: (_host, options, found) =>
          options.all ? found(null, [place]) : found(null, place.address, place.family),
      },
      (response) => {
        let said = "";
        let read = 0;
        const done = (): void =>
          resolve({
            status: response.statusCode ?? 0,
            said: said.slice(0, KEPT),
            retryAfterMs: seconds(response.headers["retry-after"]),
          });
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          if (said.length < KEPT) said += text;
          read += text.length;
          if (read > READ) {
            done();
            response.destroy();
          }
        });
        response.on("end", done);
        response.on("error", (error) => reject(abort.aborted ? notInTime(limitMs) : error));
      },
    );
    request.on("error", (error) => reject(abort.aborted ? notInTime(limitMs) : inWords(error)));
    request.end(bytes);
  });
}

const notInTime = (limitMs: number): Error =>
  new Error(`did not answer within ${(limitMs / 1_000).toLocaleString("en")} s`);

/** What a connection's error says to whoever gave the address. */
function inWords(error: Error): Error {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ECONNRESET: "the connection was cut",
    EPIPE: "the connection was cut",
    EHOSTUNREACH: "no way leads there",
    ENETUNREACH: "no way leads there",
    DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
    SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not signed by an authority that is known here",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not signed by an authority that is known here",
    CERT_HAS_EXPIRED: "its certificate has run out",
    ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is another server's",
  };
  return new Error(words[code] ?? `it was not reached (${code || "no word why"})`, { cause: error });
}

const seconds = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,7}$/.test(header) ? Number(header) * 1_000 : undefined;
