import {
  createCipheriv,
  createECDH,
  createPrivateKey,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  sign,
} from "node:crypto";

/** A browser that lets itself be told: what `PushSubscription.toJSON()` says. */
export interface PushSubscription {
  readonly endpoint: string;
  /** base64url */
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** The pair that push services know the sender by (VAPID, RFC 8292). */
export interface PushKeys {
  /** Uncompressed point, base64url: what a browser subscribes with. */
  readonly publicKey: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

const RECORD_SIZE = 4_096;
/** A token is believed for so long, seconds: push services take 24 hours at most. */
const TOKEN_SECONDS = 12 * 3_600;

/** A new pair. Browsers that subscribed with an earlier one know the new one not. */
export function makePushKeys(): PushKeys {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return {
    publicKey: point.toString("base64url"),
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}

/**
 * Encrypts for one browser (RFC 8291 over RFC 8188, `aes128gcm`).
 *
 * @param text at most 3,900 bytes of UTF-8, so that it is one record
 * @param own the ephemeral private key and salt; random unless a test gives them
 * @throws RangeError when the subscription's keys are none
 */
export function encryptPush(
  { keys }: PushSubscription,
  text: string,
  own: { readonly privateKey?: Buffer; readonly salt?: Buffer } = {},
): Buffer {
  const theirs = Buffer.from(keys.p256dh, "base64url");
  const auth = Buffer.from(keys.auth, "base64url");
  if (theirs.length !== 65 || auth.length !== 16)
    throw new RangeError("the browser's keys are not as they have to be");
  const ecdh = createECDH("prime256v1");
  const ours = own.privateKey ? setKey(ecdh, own.privateKey) : ecdh.generateKeys();
  const salt = own.salt ?? randomBytes(16);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), theirs, ours]);
  const secret = Buffer.from(hkdfSync("sha256", ecdh.computeSecret(theirs), auth, info, 32));
  const key = Buffer.from(hkdfSync("sha256", secret, salt, "Content-Encoding: aes128gcm\0", 16));
  const nonce = Buffer.from(hkdfSync("sha256", secret, salt, "Content-Encoding: nonce\0", 12));
  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  // 2: the last record.
  const sealed = Buffer.concat([
    cipher.update(Buffer.concat([Buffer.from(text, "utf8"), Buffer.of(2)])),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  const header = Buffer.alloc(21);
  salt.copy(header);
  header.writeUInt32BE(RECORD_SIZE, 16);
  header.writeUInt8(ours.length, 20);
  return Buffer.concat([header, ours, sealed]);
}

function setKey(ecdh: ReturnType<typeof createECDH>, privateKey: Buffer): Buffer {
  ecdh.setPrivateKey(privateKey);
  return ecdh.getPublicKey();
}

/**
 * `Authorization` of a push: a token for the endpoint's origin, signed with our key.
 *
 * @param contact whom the push service may write to: `mailto:` or `https:`
 */
export function pushAuthorization(
  { publicKey, privateKey }: PushKeys,
  endpoint: string,
  contact: string,
  nowMs = Date.now(),
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(nowMs / 1_000) + TOKEN_SECONDS;
  const signed = `${part({ typ: "JWT", alg: "ES256" })}.${part({ aud: new URL(endpoint).origin, exp, sub: contact })}`;
  const signature = sign("sha256", Buffer.from(signed), {
    key: createPrivateKey(privateKey),
    dsaEncoding: "ieee-p1363",
  });
  return `vapid t=${signed}.${signature.toString("base64url")}, k=${publicKey}`;
}
