/** The image's HEALTHCHECK, `healthcheck.mjs OPS_PORT [OPS_HOST]`: plain JavaScript, as it starts every ten seconds. */
const [port = "9464", listens = ""] = process.argv.slice(2);
const host = listens === "" || listens === "0.0.0.0" ? "127.0.0.1" : listens === "::" ? "[::1]" : listens;
try {
  const { ok } = await fetch(`http://${host}:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
