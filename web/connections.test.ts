import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { boundConnections } from "./connections.ts";

const LIMIT_MS = 300;

const server = createServer((request) => {
  request.resume();
});
boundConnections(server, { TRUST_PROXY: false }, LIMIT_MS);
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Whether a body that does not end is cut off within three times the limit. */
async function isCutOff(headers: Record<string, string>): Promise<boolean> {
  const { port } = server.address() as AddressInfo;
  const request = httpRequest({
    port,
    host: "127.0.0.1",
    method: "POST",
    path: "/api/v1/transactions",
    headers,
  });
  const cut = new Promise<boolean>((resolve) => {
    request.on("error", () => resolve(true));
    setTimeout(resolve, 3 * LIMIT_MS, false);
  });
  request.write("{");
  const was = await cut;
  request.destroy();
  return was;
}

test("a body that does not come is not waited for, but for lines that are read as they come", async () => {
  expect(await isCutOff({ "content-type": "application/json" })).toBe(true);
  expect(await isCutOff({ "content-type": "application/x-ndjson" })).toBe(false);
  expect(await isCutOff({ "content-type": "application/x-ndjson", "idempotency-key": "a" })).toBe(true);
});
