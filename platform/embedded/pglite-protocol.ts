/** What a PostgreSQL server needs to know of the wire protocol 3.0 to pass it on. */

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
const PROTOCOL_3 = 196_608;
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
/** Sync, Query, FunctionCall: after each of these the server says that it is ready for the next. */
const ENDS_UNIT = new Set(["S", "Q", "F"]);

/** A frontend message as far as passing it on needs to know it; `bytes` is the whole message. */
export interface FrontendMessage {
  readonly kind: "ssl" | "cancel" | "startup" | "terminate" | "password" | "part of unit" | "end of unit";
  readonly bytes: Buffer;
}

/**
 * Cuts what has come in into whole messages.
 *
 * @param greeted whether the startup message was seen: before it messages have no type byte
 * @returns the messages, and the bytes of one that is not complete
 */
export function readMessages(data: Buffer, greeted: boolean): { messages: FrontendMessage[]; rest: Buffer } {
  const messages: FrontendMessage[] = [];
  let started = greeted;
  let at = 0;
  for (;;) {
    const header = started ? 5 : 8;
    if (data.length - at < header) break;
    const length = started ? 1 + data.readInt32BE(at + 1) : data.readInt32BE(at);
    if (length < header) {
      // Not this protocol at all (an HTTP request, say).
      messages.push({ kind: "terminate", bytes: data.subarray(at) });
      at = data.length;
      break;
    }
    if (data.length - at < length) break;
    const bytes = data.subarray(at, at + length);
    at += length;
    if (started) {
      const type = String.fromCharCode(bytes[0]!);
      messages.push({ kind: kindOf(type), bytes });
      continue;
    }
    const code = bytes.readInt32BE(4);
    if (code === PROTOCOL_3) {
      started = true;
      messages.push({ kind: "startup", bytes });
    } else if (code === SSL_REQUEST || code === GSS_REQUEST) messages.push({ kind: "ssl", bytes });
    else messages.push({ kind: code === CANCEL_REQUEST ? "cancel" : "terminate", bytes });
  }
  return { messages, rest: data.subarray(at) };
}

function kindOf(type: string): FrontendMessage["kind"] {
  if (type === "X") return "terminate";
  if (type === "p") return "password";
  return ENDS_UNIT.has(type) ? "end of unit" : "part of unit";
}

/**
 * The status byte of the ReadyForQuery that ends an answer: "I" idle, "T" in a transaction, "E" in a failed one;
 * undefined when the bytes do not end with one.
 */
export function transactionStatus(data: Uint8Array): string | undefined {
  const at = data.length - 6;
  if (at < 0 || data[at] !== 0x5a || data[at + 4] !== 5) return undefined;
  return String.fromCharCode(data[at + 5]!);
}

/** AuthenticationOk, the parameters that clients read, a backend key that cancels nothing, ReadyForQuery. */
export function startupAnswer(serverVersion: string): Buffer {
  const parameters = {
    server_version: serverVersion,
    server_encoding: "UTF8",
    client_encoding: "UTF8",
    DateStyle: "ISO, MDY",
    integer_datetimes: "on",
    standard_conforming_strings: "on",
    TimeZone: "UTC",
  };
  return Buffer.concat([
    message("R", int32(0)),
    ...Object.entries(parameters).map(([name, value]) => message("S", text(name), text(value))),
    message("K", Buffer.alloc(8)),
    message("Z", Buffer.from("I")),
  ]);
}

/** AuthenticationSASL: what the client may prove its password by. */
export const askForPassword = (mechanism: string): Buffer =>
  message("R", int32(10), text(mechanism), Buffer.from([0]));

/** AuthenticationSASLContinue, and AuthenticationSASLFinal. */
export const saslContinue = (data: string): Buffer => message("R", int32(11), Buffer.from(data));
export const saslFinal = (data: string): Buffer => message("R", int32(12), Buffer.from(data));

/**
 * A SASLInitialResponse's mechanism and data; undefined when it is none.
 *
 * @param bytes the whole message
 */
export function readSaslInitial(bytes: Buffer): { mechanism: string; data: string } | undefined {
  const end = bytes.indexOf(0, 5);
  if (end < 0 || bytes.length < end + 5 || bytes.readInt32BE(end + 1) !== bytes.length - end - 5)
    return undefined;
  return { mechanism: bytes.toString("utf8", 5, end), data: bytes.toString("utf8", end + 5) };
}

/** A SASLResponse's data. */
export const readSaslResponse = (bytes: Buffer): string => bytes.toString("utf8", 5);

/** SQLSTATEs of what a connection is refused or ended with. */
export const ADMIN_SHUTDOWN = "57P01";
export const INVALID_PASSWORD = "28P01";

/** A FATAL ErrorResponse; the connection is closed after it. */
export function errorResponse(what: string, code = ADMIN_SHUTDOWN): Buffer {
  const fields = [text("SFATAL"), text("VFATAL"), text(`C${code}`), text(`M${what}`), Buffer.from([0])];
  return message("E", ...fields);
}

/** Ends a pipeline that was cut off and the transaction it was in. */
export const ROLLBACK: Uint8Array = Buffer.concat([message("S"), message("Q", text("ROLLBACK"))]);

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\u0000`, "utf8");
}
