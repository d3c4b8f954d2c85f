import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { ScramLogin, verifierOf } from "./scram.ts";

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The client's proof for a server-first-message (RFC 5802, section 3). */
function answer(password: string, bare: string, serverFirst: string, header = "biws"): string {
  const [, nonce = "", salt = "", iterations = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
  const clientKey = hmac(salted, "Client Key");
  const without = `c=${header},r=${nonce}`;
  const signature = hmac(
    createHash("sha256").update(clientKey).digest(),
    `${bare},${serverFirst},${without}`,
  );
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)));
  return `${without},p=${proof.toString("base64")}`;
}

const verifier = verifierOf("right");
const bare = "n=,r=client-nonce";

test("the right password is let in, any other is not", () => {
  for (const [password, let_in] of [
    ["right", true],
    ["wrong", false],
    ["", false],
  ] as const) {
    const login = new ScramLogin(verifier);
    const first = login.first(`n,,${bare}`) ?? "";
    expect(first).toMatch(/^r=client-nonce.{20,},s=.+,i=4096$/);
    expect(login.final(answer(password, bare, first)) !== undefined, password).toBe(let_in);
  }
});

test("a proof of another login, or of no login, is worth nothing", () => {
  const login = new ScramLogin(verifier);
  const proof = answer("right", bare, login.first(`n,,${bare}`) ?? "");
  const other = new ScramLogin(verifier);
  expect(other.final(proof)).toBeUndefined();
  other.first(`n,,${bare}`);
  expect(other.final(proof)).toBeUndefined();
});

test("what is no SCRAM is no login", () => {
  for (const message of [
    "",
    "n,,",
    "p=tls-server-end-point,,n=,r=x",
    `n,,n=,r=${"x".repeat(300)}`,
    "n,a=b,n=,r=x",
  ]) {
    expect(new ScramLogin(verifier).first(message), message).toBeUndefined();
  }
  const login = new ScramLogin(verifier);
  const first = login.first(`n,,${bare}`) ?? "";
  expect(login.final(answer("right", bare, first, "eSws"))).toBeUndefined();
  expect(login.final("c=biws,r=x,p=AAAA")).toBeUndefined();
});
