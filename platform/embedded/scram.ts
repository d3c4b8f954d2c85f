import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

/** The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), as PostgreSQL speaks it: no channel binding. */

export const MECHANISM = "SCRAM-SHA-256";

/** PostgreSQL's own number (`scram_iterations`). */
const ITERATIONS = 4_096;
const NONCE_BYTES = 18;
const SALT_BYTES = 16;

/** What a server keeps of a password: enough to check it, not enough to be its owner elsewhere. */
export interface Verifier {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** @param password printable ASCII, for which SASLprep changes nothing */
export function verifierOf(password: string): Verifier {
  const salt = randomBytes(SALT_BYTES);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
  return { salt, storedKey, serverKey: hmac(salted, "Server Key") };
}

/** One login. */
export class ScramLogin {
  readonly #verifier: Verifier;
  #clientFirst = "";
  #serverFirst = "";
  #header = "";

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  /**
   * @param message client-first-message, "n,,n=…,r=NONCE"
   * @returns server-first-message; undefined when the message cannot be understood
   */
  first(message: string): string | undefined {
    // "y": the client could bind to the channel and thinks that we cannot, which is right.
    const parts = /^([ny],,)(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]{1,256}))$/.exec(message);
    if (!parts) return undefined;
    const [, header = "", bare = "", nonce = ""] = parts;
    this.#header = header;
    this.#clientFirst = bare;
    this.#serverFirst =
      `r=${nonce}${randomBytes(NONCE_BYTES).toString("base64")},` +
      `s=${this.#verifier.salt.toString("base64")},i=${ITERATIONS}`;
    return this.#serverFirst;
  }

  /**
   * @param message client-final-message, "c=…,r=NONCE,p=PROOF"
   * @returns server-final-message; undefined when the proof is wrong
   */
  final(message: string): string | undefined {
    const parts = /^(c=([A-Za-z0-9+/=]+),r=([^,]+)),p=([A-Za-z0-9+/=]+)$/.exec(message);
    if (!parts || this.#serverFirst === "") return undefined;
    const [, withoutProof = "", header = "", nonce = "", proofText = ""] = parts;
    if (Buffer.from(header, "base64").toString() !== this.#header) return undefined;
    if (!this.#serverFirst.startsWith(`r=${nonce},`)) return undefined;
    const signed = `${this.#clientFirst},${this.#serverFirst},${withoutProof}`;
    const signature = hmac(this.#verifier.storedKey, signed);
    const proof = Buffer.from(proofText, "base64");
    if (proof.length !== signature.length) return undefined;
    const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] as number)));
    const shown = createHash("sha256").update(clientKey).digest();
    if (!timingSafeEqual(shown, this.#verifier.storedKey)) return undefined;
    return `v=${hmac(this.#verifier.serverKey, signed).toString("base64")}`;
  }
}
