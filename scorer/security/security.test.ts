import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashKey } from "../../platform/credentials/api-key.ts";
import { certificateAuthority, signedCertificate } from "../../platform/embedded/testing/openssl.ts";
import { ConfigError } from "../../platform/process/env.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { openAdmin } from "../admin/admin-client.ts";
import { createScorerClient } from "../client.ts";
import { readScorerConfig } from "../config.ts";
import { startScorerFixture, transaction } from "../testing/scorer-fixture.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-tls-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "ok",
    (error: DomainError) => error.code,
  );

describe("API keys", () => {
  it("are asked for, have scopes and rates, and are renewed from the file", async () => {
    const file = join(folder, "keys.json");
    const entry = (name: string, key: string, scopes: string[], more = {}): object => ({
      name,
      sha256: hashKey(key),
      scopes,
      ...more,
    });
    const keys = [
      entry("gateway", "k-score", ["score"]),
      entry("slow", "k-slow", ["score"], { rate_per_second: 1, burst: 5 }),
      entry("boss", "k-admin", ["admin", "explain"]),
    ];
    await writeFile(file, JSON.stringify(keys));
    const scorer = await startScorerFixture({ SCORER_API_KEYS_FILE: file }, { apiKey: "k-score" });
    const { address } = scorer;
    const nobody = createScorerClient({ address });
    const stranger = createScorerClient({ address, apiKey: "wrong" });
    const slow = createScorerClient({ address, apiKey: "k-slow", deadlineMs: 300 });
    const admin = openAdmin(address, "k-admin");
    const notAdmin = openAdmin(address, "k-score");
    try {
      expect(await codeOf(scorer.client.score(transaction("a")))).toBe("ok");
      expect(await codeOf(scorer.client.explain(transaction("a")))).toBe("permission_denied");
      expect(await codeOf(nobody.score(transaction("a")))).toBe("unauthenticated");
      expect(await codeOf(stranger.scoreBatch([transaction("a")]))).toBe("unauthenticated");
      const padded = createScorerClient({ address, apiKey: "k-score and more" });
      expect(await codeOf(padded.score(transaction("a")))).toBe("unauthenticated");
      padded.close();
      const streamed = (async () => {
        for await (const _ of nobody.scoreStream([transaction("a")])) return;
      })();
      expect(await codeOf(streamed)).toBe("unauthenticated");
      expect(await nobody.health()).toBe("serving");
      await expect(admin.call("ListModels", {})).resolves.toBeDefined();
      await expect(notAdmin.call("ListModels", {})).rejects.toMatchObject({ code: 7 });
      const batch = Array.from({ length: 5 }, (_, i) => transaction(`r-${i}`));
      expect(await codeOf(slow.scoreBatch(batch))).toBe("ok");
      const limited = await slow.scoreBatch(batch).catch((error: DomainError) => error);
      expect(limited).toMatchObject({ code: expect.stringMatching(/resource_exhausted|deadline_exceeded/) });

      await writeFile(file, JSON.stringify([...keys, entry("new", "wrong", ["score"])]));
      await expect.poll(() => codeOf(stranger.score(transaction("a"))), { timeout: 10_000 }).toBe("ok");
      await writeFile(file, "[{]");
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await codeOf(stranger.score(transaction("a")))).toBe("ok");
    } finally {
      for (const client of [nobody, stranger, slow, admin, notAdmin]) client.close();
      await scorer.stop();
    }
  });

  it("are needed to administer, from this machine too: a proxy or a sidecar may stand there", async () => {
    const scorer = await startScorerFixture();
    const admin = openAdmin(scorer.address);
    try {
      await expect(admin.call("ListModels", {})).rejects.toMatchObject({
        code: 7,
        details: expect.stringContaining("SCORER_API_KEYS_FILE"),
      });
      expect(await codeOf(scorer.client.score(transaction("a")))).toBe("ok");
    } finally {
      admin.close();
      await scorer.stop();
    }
  });
});

describe("TLS", () => {
  const file = (name: string): string => join(folder, name);

  it("asks for certificates on both sides and follows the files when they are rotated", async () => {
    const names = "DNS:localhost,IP:127.0.0.1";
    for (const ca of ["ca", "other-ca"]) await certificateAuthority(folder, ca);
    for (const name of ["first", "second", "client"]) await signedCertificate(folder, name, "ca", names);
    await signedCertificate(folder, "intruder", "other-ca", names);
    await copyFile(file("first.crt"), file("server.crt"));
    await copyFile(file("first.key"), file("server.key"));
    const scorer = await startScorerFixture(
      {
        SCORER_TLS_CERT: file("server.crt"),
        SCORER_TLS_KEY: file("server.key"),
        SCORER_TLS_CLIENT_CA: file("ca.crt"),
      },
      { tls: { ca: file("ca.crt"), cert: file("client.crt"), key: file("client.key") } },
    );
    const { address } = scorer;
    const clients = {
      plain: createScorerClient({ address, deadlineMs: 1_000 }),
      withoutCertificate: createScorerClient({ address, tls: { ca: file("ca.crt") }, deadlineMs: 1_000 }),
      intruder: createScorerClient({
        address,
        tls: { ca: file("ca.crt"), cert: file("intruder.crt"), key: file("intruder.key") },
        deadlineMs: 1_000,
      }),
    };
    const served = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(
          { port: scorer.server.port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] },
          () => {
            resolve(String(socket.getPeerCertificate().subject.CN));
            socket.destroy();
          },
        );
        socket.on("error", reject);
      });
    try {
      expect(await codeOf(scorer.client.score(transaction("a")))).toBe("ok");
      for (const client of Object.values(clients)) {
        expect(await codeOf(client.score(transaction("a")))).not.toBe("ok");
      }
      expect(await served()).toBe("first");
      // A certificate without its key, as rotation leaves it for a moment, changes nothing.
      await copyFile(file("second.crt"), file("server.crt"));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await served()).toBe("first");
      await copyFile(file("second.key"), file("server.key"));
      await expect.poll(served, { timeout: 10_000 }).toBe("second");
      expect(await codeOf(scorer.client.score(transaction("b")))).toBe("ok");
    } finally {
      for (const client of Object.values(clients)) client.close();
      await scorer.stop();
    }
  });

  it("may be left out on this machine only, unless said explicitly", () => {
    expect(() => readScorerConfig({ SCORER_HOST: "0.0.0.0" })).toThrow(ConfigError);
    expect(() => readScorerConfig({ SCORER_HOST: "127.evil.example" })).toThrow("in plain text");
    const plain = { SCORER_HOST: "0.0.0.0", SCORER_ALLOW_PLAINTEXT: "1" };
    expect(() => readScorerConfig(plain)).toThrow("asks nobody for a key");
    const tls = { SCORER_HOST: "::", SCORER_TLS_CERT: "c", SCORER_TLS_KEY: "k" };
    expect(() => readScorerConfig(tls)).toThrow("asks nobody for a key");
    for (const env of [
      { ...plain, SCORER_API_KEYS_FILE: "keys.json" },
      { ...tls, SCORER_API_KEYS_FILE: "keys.json" },
      { ...tls, SCORER_TLS_CLIENT_CA: "ca" },
      { SCORER_HOST: "0.0.0.0", INSECURE: "true" },
    ]) {
      expect(readScorerConfig(env).SCORER_HOST).toBe(env.SCORER_HOST);
    }
    expect(() => readScorerConfig({ SCORER_TLS_CERT: "x" })).toThrow("SCORER_TLS_KEY");
  });
});
