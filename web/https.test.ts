import { once } from "node:events";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { certificateAuthority, signedCertificate } from "../platform/embedded/testing/openssl.ts";
import { createLogger } from "../platform/process/logger.ts";
import { publicUrl, readConfig } from "./config.ts";
import { createWebServer } from "./https.ts";

let folder: string;
const file = (name: string): string => join(folder, name);
const logger = createLogger("test", "silent");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-https-"));
  await certificateAuthority(folder, "ca");
  for (const name of ["first", "second"]) await signedCertificate(folder, name, "ca", "DNS:localhost");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @returns the certificate's common name, and the answer to one request */
async function ask(port: number): Promise<{ readonly name: string; readonly answer: string }> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.write("GET /where HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  let answer = "";
  for await (const data of socket) answer += String(data);
  return { name, answer };
}

test("the web speaks HTTPS with a certificate, and follows its files", async () => {
  await copyFile(file("first.crt"), file("web.crt"));
  await copyFile(file("first.key"), file("web.key"));
  const app = new Hono().get("/where", (c) => c.text(c.req.url));
  const tls = { TLS_CERT: file("web.crt"), TLS_KEY: file("web.key") };
  const { server, stopFollowing } = await createWebServer(app.fetch, tls, logger, 20);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const before = await ask(port);
    expect(before.name).toBe("first");
    expect(before.answer).toContain("https://localhost/where");
    // A certificate without its key, as rotation leaves it for a moment, changes nothing.
    await copyFile(file("second.crt"), file("web.crt"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask(port)).name).toBe("first");
    await copyFile(file("second.key"), file("web.key"));
    await expect.poll(async () => (await ask(port)).name, { timeout: 10_000 }).toBe("second");
  } finally {
    stopFollowing();
    server.close();
  }
});

test("files that cannot be used are named, by name only", async () => {
  await writeFile(file("nonsense.crt"), "nonsense");
  const tls = { TLS_CERT: file("nonsense.crt"), TLS_KEY: file("first.key") };
  await expect(createWebServer(new Hono().fetch, tls, logger)).rejects.toThrow(
    /nonsense\.crt.* cannot be used/,
  );
});

test("an address of its own is https with a certificate", () => {
  expect(publicUrl(readConfig({ TLS_CERT: "c", TLS_KEY: "k" }))).toBe("https://localhost:8000");
  expect(publicUrl(readConfig({}))).toBe("http://localhost:8000");
});

test("other machines are let in over TLS or a proxy alone, unless INSECURE says otherwise", () => {
  for (const HOST of ["0.0.0.0", "::", "10.1.2.3", "console.example", "127.evil.example"]) {
    expect(() => readConfig({ HOST }), HOST).toThrow(
      `HOST=${HOST} is open to other machines in plain text: set TLS_CERT and TLS_KEY, TRUST_PROXY=true`,
    );
    for (const more of [
      { TLS_CERT: "c", TLS_KEY: "k" },
      { TRUST_PROXY: "true" },
      { INSECURE: "true" },
    ] as Record<string, string>[]) {
      expect(readConfig({ HOST, ...more }).HOST).toBe(HOST);
    }
  }
  for (const HOST of ["127.0.0.1", "::1", "localhost", "::ffff:127.0.0.1"])
    expect(readConfig({ HOST }).HOST).toBe(HOST);
  expect(() => readConfig({ TLS_CERT: "c" })).toThrow("TLS_CERT and TLS_KEY belong together");
});

test("a short or guessable ADMIN_API_KEY is refused with a way to a good one", () => {
  for (const ADMIN_API_KEY of ["x", "changeme-changeme-changeme"]) {
    expect(() => readConfig({ ADMIN_API_KEY })).toThrow(/ADMIN_API_KEY \(set\): .* Make one: node -p/);
  }
  expect(() => readConfig({ ADMIN_API_KEY: "hunter2hunter2" })).not.toThrow(/hunter2/);
});
