import { stdSerializers } from "pino";

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/** How deep a value is looked into; deeper ones are not written at all. */
const MAX_DEPTH = 8;
/** Values looked at in one line of the log; the rest of it is not written. */
const MAX_VALUES = 2_000;
/** Characters of one text. */
const MAX_TEXT = 8_000;

/** Parts of names, without case and separators, whose values are nobody's to read: `dbPassword`, `X-API-Key`, `set-cookie`. */
const SECRET_PARTS = [
  ...["authorization", "cookie", "password", "passwd", "passphrase", "secret", "token", "credential"],
  ...["apikey", "accesskey", "privatekey", "signingkey", "recoverycode", "cardnumber"],
];
/** Whole names. `args` is what a failed Redis command was sent: passwords of AUTH, payments of a queue. */
const SECRET_NAMES = new Set([
  ...["args", "auth", "cvc", "cvv", "cvv2", "dsn", "jwt", "otp", "pan", "passcode", "pin", "totp"],
]);

/** Whether a field of this name holds something that must not be written down. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return SECRET_NAMES.has(plain) || SECRET_PARTS.some((part) => plain.includes(part));
}

/**
 * A copy of what is to be logged in which no field with a secret's name has a value, however deep it stands: objects,
 * arrays, maps, errors with their causes and own fields. Its cost is bounded, whatever the size of what is given.
 */
export function withoutSecrets(value: unknown): unknown {
  let left = MAX_VALUES;
  const above = new Set<object>();
  const walk = (one: unknown, depth: number): unknown => {
    if (typeof one === "string") return shortened(one);
    if (typeof one === "bigint") return String(one);
    if (typeof one !== "object" || one === null) return one;
    if (one instanceof Date) return one;
    if (one instanceof URL) return one.href;
    if (ArrayBuffer.isView(one) || one instanceof ArrayBuffer) return `[${one.byteLength} bytes]`;
    if (above.has(one)) return "[circular]";
    if (depth >= MAX_DEPTH) return "[deeper]";
    above.add(one);
    try {
      if (one instanceof Error) return fields(plainError(one), depth);
      if (Array.isArray(one) || one instanceof Set) return items(one, depth);
      if (one instanceof Map) return fields(Object.fromEntries(one), depth);
      return fields(jsonOf(one), depth);
    } catch {
      // A getter that throws: what cannot be read is not written.
      return "[unreadable]";
    } finally {
      above.delete(one);
    }
  };
  const items = (list: Iterable<unknown>, depth: number): unknown[] => {
    const copy: unknown[] = [];
    for (const item of list) {
      if (left-- <= 0) {
        copy.push("[more]");
        break;
      }
      copy.push(walk(item, depth + 1));
    }
    return copy;
  };
  const fields = (object: unknown, depth: number): unknown => {
    if (typeof object !== "object" || object === null) return walk(object, depth);
    const copy: Record<string, unknown> = {};
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue;
      if (left-- <= 0) {
        copy["more"] = true;
        break;
      }
      const inside = (object as Record<string, unknown>)[name];
      const empty = inside === undefined || inside === null || typeof inside === "boolean";
      copy[name] = isSecretName(name) && !empty ? REDACTED : walk(inside, depth + 1);
    }
    return copy;
  };
  return walk(value, 0);
}

function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`;
}

/** Type, message and stack with those of its causes, and its own fields. */
function plainError(error: Error): object {
  const { raw: _, ...plain } = stdSerializers.err(error);
  return plain;
}

function jsonOf(object: object): unknown {
  return "toJSON" in object && typeof object.toJSON === "function" ? object.toJSON() : object;
}

/** Secrets by their looks, wherever in a line of the log they stand; $1 stays. */
const SECRET_LOOKS: readonly RegExp[] = [
  // Credentials of an Authorization header, quoted by somebody.
  /\b((?:Bearer|Basic) )[\w.~+/=-]{8,}/gi,
  // User and password of a URL: postgres://…@, rediss://…@.
  /(:\/\/)[^\s/?#"\\]{1,400}@/g,
  // Passwords and tokens among the parameters of a URL.
  /([?&](?:\w{0,20}(?:password|token|secret|key)|sslpassword|code|state)=)[^&\s"#\\]+/gi,
  // A session's cookie.
  /(paysecure_[a-z]{1,20}(?:_\d{1,5})?=)[^;\s"\\]+/g,
  // Links that let somebody in.
  /(\/(?:sign-in|invitations?|invite|reset|reset-password|verify)\/)[\w-]{16,}/g,
  // Signed tokens (RFC 7519).
  /()\beyJ[\w-]{6,}\.[\w-]{2,}\.[\w-]*/g,
  // API keys of ours; session and link tokens: 256 random bits, base64url (pipeline/accounts/tokens.ts).
  /()\bps[a-z]{0,3}_[\w-]{16,}/g,
  /()(?<![\w-])[\w-]{43}(?![\w-])/g,
  // A row that PostgreSQL quotes when a constraint refuses it.
  /(Failing row contains )\([^"\n\\]*/g,
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[\w+/=\s\\-]*/g,
];

/** A line with secrets cut that are known by their looks, in the time that its length asks for. */
export function cutSecrets(line: string): string {
  let cut = line;
  for (const look of SECRET_LOOKS) cut = cut.replace(look, `$1${REDACTED}`);
  return cut;
}
