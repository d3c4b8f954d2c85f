import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed text is for: one that was sealed for another purpose does not open. */
export type SealedFor =
  | "totp"
  | "totp-offer"
  | "sign-in"
  | "device"
  | "sso"
  | "passkey"
  | "alerts"
  | "webhooks";

/**
 * Seals texts so that they can lie in the database or in a browser: AES-256-GCM (NIST SP 800-38D) with a key of its own
 * for each purpose (HKDF-SHA-256, RFC 5869) and 96 random bits a text.
 */
export class SecretBox {
  readonly #keys = new Map<SealedFor, Buffer>();
  readonly #key: Buffer;

  /** @param key 32 random bytes */
  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a key of ${KEY_BYTES} bytes is needed`);
    this.#key = key;
  }

  /** @returns base64url of nonce, ciphertext and tag */
  seal(purpose: SealedFor, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#keyFor(purpose), nonce);
    const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return sealed.toString("base64url");
  }

  /** @returns the text; null when it was not sealed here, for another purpose, or was changed */
  open(purpose: SealedFor, sealed: string): string | null {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
    const tag = bytes.subarray(-TAG_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.#keyFor(purpose), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(tag);
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      return null;
    }
  }

  #keyFor(purpose: SealedFor): Buffer {
    const known = this.#keys.get(purpose);
    if (known) return known;
    const key = Buffer.from(hkdfSync("sha256", this.#key, "", `paysecure ${purpose}`, KEY_BYTES));
    this.#keys.set(purpose, key);
    return key;
  }
}

/**
 * The installation's box: with the key that is given, else with the one in `<folder>/security/secret.key`, which is made
 * at the first start for this user alone. Several processes may come at once: one key wins.
 *
 * @throws the system's error when the file cannot be read or made; Error when it holds no key
 */
export async function openSecretBox(folder: string, given?: Buffer): Promise<SecretBox> {
  if (given) return new SecretBox(given);
  const security = join(folder, "security");
  await mkdir(security, { recursive: true, mode: 0o700 });
  const file = join(security, "secret.key");
  const text = (await readIfThere(file)) ?? (await makeKey(file));
  const key = Buffer.from(text.trim(), "base64");
  if (key.length !== KEY_BYTES)
    throw new Error(`secret.key in the data folder's security must hold ${KEY_BYTES} bytes, base64`);
  return new SecretBox(key);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Written aside and linked, so that nobody reads half a key, and the first of two stays. */
async function makeKey(file: string): Promise<string> {
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFile(aside, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(aside);
  }
  return await readFile(file, "utf8");
}
