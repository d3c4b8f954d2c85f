import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { projectRoot } from "./config.ts";
import { cutSecrets, isSecretName, withoutSecrets } from "./redact.ts";

const PLANTED = "plant3d-and-not-to-be-seen";

/** What a real logger of the house writes for a program that has `logger` and `SECRET`. */
function logged(program: string, env: Readonly<Record<string, string>> = {}): string {
  const script = `
    import { createLogger } from "./platform/process/logger.ts";
    const logger = createLogger("test", "trace");
    const SECRET = process.env.PLANTED;
    ${program}`;
  const done = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    cwd: projectRoot,
    encoding: "utf8",
    env: { ...process.env, PLANTED, ...env },
  });
  expect([done.status, done.stderr]).toEqual([0, ""]);
  return done.stdout;
}

test("a secret's name cuts its value at any depth, in arrays, maps, errors, causes and child loggers", () => {
  const lines = logged(`
    logger.info({ password: SECRET }, "flat");
    logger.info({ a: [{ b: { c: [{ "X-API-Key": SECRET, n: 1 }] } }] }, "deep");
    logger.info({ headers: new Map([["set-cookie", [SECRET]]]) }, "map");
    logger.child({ session: { accessToken: SECRET } }).info("child");
    const error = Object.assign(new Error("refused"), { command: { name: "auth", args: ["user", SECRET] } });
    logger.error(error);
    logger.error({ err: new Error("outer", { cause: Object.assign(error, { dbPassword: SECRET }) }) }, "cause");
    logger.warn({ list: [error], totp: 123456 }, "list");
  `);
  expect(lines).not.toContain(PLANTED);
  expect(lines).not.toContain("123456");
  const read = lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(read).toMatchObject([
    { password: "[redacted]", msg: "flat" },
    { a: [{ b: { c: [{ "X-API-Key": "[redacted]", n: 1 }] } }] },
    { headers: { "set-cookie": "[redacted]" } },
    { session: { accessToken: "[redacted]" } },
    { msg: "refused", err: { type: "Error", command: { name: "auth", args: "[redacted]" } } },
    { err: { type: "Error", message: "outer: refused", stack: expect.stringContaining("caused by") } },
    { list: [{ message: "refused" }], totp: "[redacted]" },
  ]);
});

const TOKEN = randomBytes(32).toString("base64url");

test("a secret's looks cut it in any text: messages, stacks, addresses", () => {
  const lines = logged(
    `
    logger.info("Authorization: Bearer " + SECRET);
    logger.info({ url: "rediss://default:" + SECRET + "@redis.example:6380/0" }, "connecting");
    logger.info({ url: new URL("postgres://app:p%40" + SECRET + "@db/paysecure?sslmode=require") });
    logger.error(new Error("connect postgres://app:" + SECRET + "@db/x failed"));
    logger.info("GET /callback?code=" + SECRET + "&state=" + SECRET);
    logger.info({ path: "/sign-in/" + process.env.TOKEN }, "no route for %s", "/reset/" + process.env.TOKEN);
    logger.info("cookie was __Host-paysecure_session_443=" + SECRET + "; theme=dark");
    logger.info("key ps_" + process.env.TOKEN + ", token " + process.env.TOKEN + " and no more");
    logger.info("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + SECRET);
    logger.info("Failing row contains (1, " + SECRET + ").");
    logger.info({ pem: "-----BEGIN PRIVATE KEY-----\\nMIIE" + "a".repeat(40) + "\\n-----END PRIVATE KEY-----" });
    logger.info({ sha256: "${"0123456789abcdef".repeat(4)}", id: "8f14e45f-ceea-467f-ab39-1c2d3e4f5a6b" }, "kept");
  `,
    { TOKEN },
  );
  expect(lines).not.toContain(PLANTED);
  expect(lines).not.toContain(TOKEN);
  expect(lines).not.toContain("MIIE");
  for (const kept of [
    "redis.example:6380",
    "theme=dark",
    "0123456789abcdef",
    "8f14e45f-ceea-467f",
    "/sign-in/",
  ]) {
    expect(lines).toContain(kept);
  }
  for (const line of lines.trim().split("\n")) JSON.parse(line);
});

test.each([
  ["authorization", true],
  ["Set-Cookie", true],
  ["card_token", true],
  ["cardToken", true],
  ["SCORER_API_KEY", true],
  ["pan", true],
  ["company", false],
  ["transactionId", false],
  ["code", false],
  ["sha256", false],
])("%s names a secret: %s", (name, secret) => {
  expect(isSecretName(name)).toBe(secret);
});

test("whatever is logged, a line costs little: circles, depth, width, length", () => {
  const circle: Record<string, unknown> = { n: 1 };
  circle["self"] = circle;
  let deep: unknown = PLANTED;
  for (let i = 0; i < 10_000; i++) deep = { deep };
  const wide = Array.from({ length: 1_000_000 }, (_, i) => i);
  const written = JSON.stringify(
    withoutSecrets({ circle, deep, long: "x".repeat(1e6), wide, after: { a: 1 } }),
  );
  expect(written.length).toBeLessThan(40_000);
  expect(written).toContain('"self":"[circular]"');
  expect(written).not.toContain(PLANTED);
  // Half a megabyte of what looks like a beginning everywhere.
  for (const text of ["://", "Bearer ", "ps_", "?key=", "a", "-----BEGIN PRIVATE KEY-----"]) {
    expect(typeof cutSecrets(text.repeat(500_000 / text.length))).toBe("string");
  }
});

test("what is no plain value is written as something a person can read, and never throws", () => {
  const trap = {
    get one(): never {
      throw new Error("no");
    },
  };
  expect(
    withoutSecrets({ at: new Date(0), big: 10n, bytes: Buffer.alloc(3), trap, none: null, token: null }),
  ).toEqual({
    at: new Date(0),
    big: "10",
    bytes: "[3 bytes]",
    trap: "[unreadable]",
    none: null,
    token: null,
  });
});
