import { gzipSync } from "node:zlib";
import type { Random } from "../../../platform/math/random.ts";
import { damaged, noise, oddText, oneOf, withOneChange } from "./odd-values.ts";
import type { Target } from "./targets.ts";

/** A request as it goes out. */
export interface FuzzRequest {
  readonly target: Target;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Who can ask, and what may not get into a log. */
export interface Callers {
  readonly key: string;
  readonly cookies: readonly string[];
}

const QUERY_NAMES = [
  "limit",
  "cursor",
  "before",
  "tier",
  "source",
  "search",
  "since",
  "until",
  "q",
  "page",
  "id",
];
const MORE_NAMES = [
  "status",
  "offset",
  "claimed_by",
  "unclaimed",
  "predicted",
  "explain",
  "tz",
  "constructor",
  "",
];
const QUERY_VALUES = [
  "1",
  "50",
  "high",
  "open",
  "decided",
  "simulator",
  "2026-11-26T10:00:00Z",
  "true",
  "-1",
  "fraud",
];
const PARAMETERS = ["1", "2", "999999", "t-1", "0", "-1", "1.5", "abc", "app.css", "app.js"];
const TYPES = [
  "application/json",
  "application/x-www-form-urlencoded",
  "application/x-ndjson",
  "text/plain",
  "",
];
const METHODS = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"];

/** A request to a route in which most is right and something is not. */
export function mutatedRequest(random: Random, targets: readonly Target[], callers: Callers): FuzzRequest {
  const target = oneOf(random, targets);
  const method = random.int(20) === 0 ? oneOf(random, METHODS) : target.method;
  const headers: Record<string, string> = {};
  const who = random.int(10);
  if (who < 4) headers["authorization"] = `Bearer ${callers.key}`;
  else if (who < 8) headers["cookie"] = oneOf(random, callers.cookies);
  else if (who < 9) headers[oneOf(random, ["authorization", "x-api-key", "cookie"])] = headerText(random);
  if (random.int(2) === 0) headers["sec-fetch-site"] = oneOf(random, ["same-origin", "cross-site", "none"]);
  if (random.int(3) === 0) headers["accept"] = oneOf(random, ["text/html", "*/*", "application/json"]);
  if (random.int(5) === 0) headers["hx-request"] = "true";
  if (random.int(5) === 0) headers["x-request-id"] = headerText(random);
  if (random.int(10) === 0) headers["if-none-match"] = oneOf(random, ["*", '"a"', headerText(random)]);
  if (random.int(10) === 0) headers["accept-encoding"] = oneOf(random, ["gzip", "br", "x", ""]);
  if (random.int(10) === 0) headers["traceparent"] = headerText(random);
  const body = method === "GET" || method === "HEAD" ? undefined : bodyOf(random, target, headers);
  return { target, method, path: pathOf(random, target), headers, body };
}

const text = (random: Random): string =>
  random.int(2) === 0 ? oneOf(random, QUERY_VALUES) : oddText(random);

/** What a client library lets into a header. */
function headerText(random: Random): string {
  return oddText(random)
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "")
    .slice(0, 2_000);
}

/** UTF-8 has no half surrogates. */
const wellFormed = (value: string): string => Buffer.from(value).toString();

function encoded(value: string): string {
  return encodeURIComponent(wellFormed(value));
}

function pathOf(random: Random, { path }: Target): string {
  const filled = path.replaceAll(/:\w+/g, () =>
    encoded(random.int(4) === 0 ? oddText(random) || "x" : oneOf(random, PARAMETERS)),
  );
  const parts = Array.from({ length: random.int(3) }, () => {
    const name = random.int(8) === 0 ? oddText(random) : oneOf(random, [...QUERY_NAMES, ...MORE_NAMES]);
    return `${encoded(name)}=${encoded(text(random))}`;
  });
  const whole = parts.length > 0 ? `${filled}?${parts.join("&")}` : filled;
  if (random.int(25) > 0) return whole.slice(0, 8_000);
  return (
    damaged(random, Buffer.from(whole))
      .toString("latin1")
      .replaceAll(/[^\x21-\x7e]/g, "") || "/"
  );
}

function bodyOf(random: Random, { example }: Target, headers: Record<string, string>): Buffer | undefined {
  let body: Buffer;
  if (example === undefined) {
    if (random.int(3) > 0) return undefined;
    body = noise(random, 200);
  } else if ("json" in example) {
    headers["content-type"] = "application/json";
    body = jsonBody(random, example.json);
  } else {
    headers["content-type"] = "application/x-www-form-urlencoded";
    const fields = new URLSearchParams(example.form);
    for (const name of fields.keys()) if (random.int(2) === 0) fields.set(name, wellFormed(text(random)));
    body = Buffer.from(fields.toString());
  }
  if (random.int(6) === 0) body = damaged(random, body);
  if (random.int(8) === 0) headers["content-type"] = oneOf(random, [...TYPES, headerText(random)]);
  const coding = random.int(20);
  if (coding === 0) {
    headers["content-encoding"] = "gzip";
    body = random.int(3) === 0 ? damaged(random, gzipSync(body)) : gzipSync(body);
  } else if (coding === 1)
    headers["content-encoding"] = oneOf(random, ["br", "deflate", "zstd", "identity", "gzip"]);
  if (random.int(10) === 0) headers["transfer-encoding"] = "chunked";
  return body;
}

function jsonBody(random: Random, example: unknown): Buffer {
  const size = random.int(400);
  if (size === 0) return Buffer.from("[".repeat(200_000));
  if (size === 1)
    return Buffer.from(JSON.stringify({ transaction: { merchant_id: "4 4-".repeat(100_000) } }));
  if (size === 2) return largeBatch(random, example);
  let value = example;
  for (let i = random.int(4); i > 0; i--) value = withOneChange(random, value);
  return Buffer.from(JSON.stringify(value) ?? "");
}

const batches = new Map<number, Buffer>();

/** As many transactions as a batch may have: all right, or each with something wrong in it. */
function largeBatch(random: Random, example: unknown): Buffer {
  const one =
    typeof example === "object" && example !== null && "transactions" in example ? example.transactions : [];
  const first: unknown = Array.isArray(one) ? one[0] : undefined;
  if (typeof first !== "object" || first === null) return Buffer.from(JSON.stringify(example));
  const amount = random.int(2) - 1;
  let made = batches.get(amount);
  if (!made) {
    const transactions = Array.from({ length: 10_000 }, (_, i) => ({
      ...first,
      transaction_id: `b-${i}`,
      amount,
    }));
    made = Buffer.from(JSON.stringify({ transactions }));
    batches.set(amount, made);
  }
  return made;
}
