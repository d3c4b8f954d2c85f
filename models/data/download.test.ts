import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { download } from "./download.ts";

const content = Buffer.alloc(300_000, "a,b\n1,2\n");
const sha256 = createHash("sha256").update(content).digest("hex");
let server: Server;
let base: string;
let requests = 0;
let folder: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    if (request.url === "/missing") response.writeHead(404).end();
    else if (request.url === "/cut") {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000), () => response.destroy());
    } else response.end(request.url === "/other" ? "something else" : content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "download-"));
  return () => rm(folder, { recursive: true });
});

const fetchTo = (path: string, progress?: (received: number) => void) =>
  download({ url: `${base}${path}`, sha256, bytes: content.length }, join(folder, "data", "x.csv"), progress);

test("fetches the file, checks its hash, and does not fetch it twice", async () => {
  const before = requests;
  let last = 0;
  expect(await fetchTo("/file", (received) => (last = received))).toBe(true);
  expect(last).toBe(content.length);
  expect(await readFile(join(folder, "data", "x.csv"))).toEqual(content);
  expect(await fetchTo("/file")).toBe(false);
  expect(requests - before).toBe(1);
});

test.each([
  ["/other", "is not the expected file", "invalid_argument"],
  ["/missing", "HTTP 404", "unavailable"],
  ["/cut", "cannot be fetched", "unavailable"],
])("%s leaves nothing behind", async (path, message, code) => {
  await expect(fetchTo(path)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect(await readdir(join(folder, "data"))).toEqual([]);
});

test("a host that is not there", async () => {
  const url = "http://127.0.0.1:1/x";
  await expect(download({ url, sha256, bytes: 1 }, join(folder, "x.csv"))).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("cannot be fetched"),
  });
});
