import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { codeOf, messageOf } from "../../platform/process/errors.ts";
import { readTlsFiles } from "../../platform/process/tls-files.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** The certificates that we show, each with its key, by their variables; then those that we believe. */
const PAIRS = [
  ["TLS_CERT", "TLS_KEY"],
  ["SCORER_TLS_CERT", "SCORER_TLS_KEY"],
  ["SCORER_TLS_CLIENT_CERT", "SCORER_TLS_CLIENT_KEY"],
  ["REDIS_TLS_CERT", "REDIS_TLS_KEY"],
  ["NATS_TLS_CERT", "NATS_TLS_KEY"],
  ["KAFKA_TLS_CERT", "KAFKA_TLS_KEY"],
] as const;
const AUTHORITIES = ["SCORER_TLS_CA", "SCORER_TLS_CLIENT_CA", "REDIS_TLS_CA", "NATS_TLS_CA", "KAFKA_TLS_CA"];

const DAY_MS = 86_400_000;
/** As the alert on certificates has it. */
const SOON_DAYS = 21;

/** Every certificate that is set: it can be read, fits its key, and is valid for a while. */
export async function checkCertificates(
  env: Readonly<Record<string, string | undefined>>,
  now = Date.now(),
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [certName, keyName] of PAIRS) {
    const cert = env[certName];
    const key = env[keyName];
    if (!cert || !key) continue;
    try {
      await readTlsFiles({ cert, key });
      findings.push(await validity(certName, cert, now));
      if (((await stat(key)).mode & 0o007) !== 0)
        findings.push(
          warning(keyName, `${key} may be read by every user of this machine`, `chmod 640 '${key}'`),
        );
    } catch (error) {
      findings.push(
        fault(certName, messageOf(error), `${certName} and ${keyName}: PEM, the key of this certificate`),
      );
    }
  }
  for (const name of AUTHORITIES) {
    const path = env[name];
    if (path) findings.push(await validity(name, path, now));
  }
  return findings;
}

async function validity(name: string, path: string, now: number): Promise<Finding> {
  const renew = "renew it; it is read again without a restart";
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(await readFile(path));
  } catch (error) {
    return fault(name, `${path} is no certificate (${codeOf(error)})`, "a PEM file with BEGIN CERTIFICATE");
  }
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const until = new Date(to).toISOString().slice(0, 10);
  if (now < from)
    return fault(name, `${path} is valid from ${certificate.validFrom} on`, "set the clock, or wait");
  if (now > to) return fault(name, `${path} has run out on ${until}`, renew);
  const days = Math.floor((to - now) / DAY_MS);
  return days < SOON_DAYS
    ? warning(name, `${path} runs out on ${until}, in ${days} days`, renew)
    : ok(name, `${path}, valid until ${until}`);
}
