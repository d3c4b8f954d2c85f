import { X509Certificate } from "node:crypto";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { certificateAuthority, signedCertificate } from "../../platform/embedded/testing/openssl.ts";
import { parseEnv } from "../../platform/process/env.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { createScorerClient, type ScorerClient } from "../client.ts";
import { startScorerFixture, transaction } from "../testing/scorer-fixture.ts";
import { FollowedCertificates } from "./followed-certificates.ts";
import { scorerClientOptions, scorerLink } from "./link.ts";

let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "paysecure-link-"));
  for (const ca of ["ca", "other-ca", "self"]) await certificateAuthority(folder, ca);
  await signedCertificate(folder, "server", "ca", "DNS:scorer.house");
  for (const name of ["client", "second"]) await signedCertificate(folder, name, "ca", "DNS:worker");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (env: Record<string, string>) => scorerClientOptions(parseEnv(z.object(scorerLink), env));

async function outcome(client: ScorerClient): Promise<string> {
  try {
    await client.score(transaction("a"), { deadlineMs: 1_500 });
    return "ok";
  } catch (error) {
    return (error as DomainError).code;
  } finally {
    client.close();
  }
}

test("a caller follows a scorer whose certificate is in the same environment, self-signed or of another name", async () => {
  const env = { SCORER_TLS_CERT: file("self.crt"), SCORER_TLS_KEY: file("self.key") };
  const scorer = await startScorerFixture(env, { tls: { ca: file("self.crt"), serverName: "self" } });
  try {
    const { SCORER_TLS_CERT } = env;
    const SCORER_ADDRESS = scorer.address;
    // A certificate without names in it, as `openssl req -x509` makes it, is believed by its subject.
    expect(await outcome(createScorerClient(read({ SCORER_ADDRESS, SCORER_TLS_CERT })))).toBe("ok");
    const other = read({
      SCORER_ADDRESS,
      SCORER_TLS_CA: file("other-ca.crt"),
      SCORER_TLS_SERVER_NAME: "self",
    });
    expect(await outcome(createScorerClient(other))).not.toBe("ok");
    expect(await outcome(createScorerClient(read({ SCORER_ADDRESS })))).not.toBe("ok");
  } finally {
    await scorer.stop();
  }
});

test("mutual TLS: a certificate is shown, and the scorer's name may be another than its address", async () => {
  const server = {
    SCORER_TLS_CERT: file("server.crt"),
    SCORER_TLS_KEY: file("server.key"),
    SCORER_TLS_CLIENT_CA: file("ca.crt"),
  };
  const options = {
    SCORER_TLS_CA: file("ca.crt"),
    SCORER_TLS_SERVER_NAME: "scorer.house",
    SCORER_TLS_CLIENT_CERT: file("client.crt"),
    SCORER_TLS_CLIENT_KEY: file("client.key"),
  };
  const scorer = await startScorerFixture(server, { tls: read(options).tls });
  try {
    expect((await scorer.client.score(transaction("a"))).transactionId).toBe("a");
    const { SCORER_TLS_SERVER_NAME: _, ...nameless } = options;
    const named = { ...nameless, SCORER_ADDRESS: scorer.address };
    expect(await outcome(createScorerClient(read(named)))).not.toBe("ok");
  } finally {
    await scorer.stop();
  }
});

test("a client's files are followed when they are rotated; what cannot be read leaves those before", async () => {
  for (const end of ["crt", "key"]) await copyFile(file(`client.${end}`), file(`shown.${end}`));
  const paths = { ca: file("ca.crt"), cert: file("shown.crt"), key: file("shown.key") };
  const files = new FollowedCertificates(paths, 20);
  let shown = "";
  const listener = (update: { readonly certificate: Buffer } | null): void => {
    shown = new X509Certificate(update?.certificate ?? "").subject;
  };
  files.addIdentityCertificateListener(listener);
  expect(shown).toBe("CN=client");
  await rm(file("shown.crt"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(shown).toBe("CN=client");
  for (const end of ["crt", "key"]) await copyFile(file(`second.${end}`), file(`shown.${end}`));
  await expect.poll(() => shown).toBe("CN=second");
  files.removeIdentityCertificateListener(listener);
});

test("a scorer of the same environment that would turn us away is said at boot, with what to set", async () => {
  await writeFile(file("nonsense.pem"), "nonsense");
  for (const [env, words] of [
    [{ SCORER_TLS_CLIENT_CA: file("ca.crt") }, "set SCORER_TLS_CLIENT_CERT and SCORER_TLS_CLIENT_KEY"],
    [{ SCORER_API_KEYS_FILE: "keys.json" }, "set SCORER_API_KEY"],
    [{ SCORER_TLS_CLIENT_CERT: file("client.crt") }, "belong together"],
    [{ SCORER_TLS_CA: "/none" }, "SCORER_TLS_CA (set): /none cannot be read (ENOENT)"],
    [{ SCORER_TLS_CA: file("nonsense.pem") }, "is no PEM file"],
    [{ SCORER_TLS_CERT: file("nonsense.pem") }, "Set SCORER_TLS_CA"],
  ] as const) {
    expect(() => read(env), words).toThrow(words);
  }
  expect(read({})).toEqual({ address: "127.0.0.1:50051", apiKey: undefined });
  expect(read({ SCORER_TLS: "true" }).tls).toMatchObject({ ca: undefined });
});
