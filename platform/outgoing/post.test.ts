import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { NOTHING_INSIDE, readAllowed, resolveOutside } from "./addresses.ts";
import { postOut, wrongAddress } from "./post.ts";

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

const HERE = readAllowed("127.0.0.0/8");
const post = (url: string, allowed = HERE, limitMs = 2_000) =>
  postOut({ url, body: "é", headers: { "content-type": "text/plain", "x-own": "1" }, limitMs, allowed });

test("a body arrives as it was, with its headers, and the answer comes back", async () => {
  const got: unknown[] = [];
  const url = await listen(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    got.push([
      request.method,
      request.url,
      request.headers["x-own"],
      request.headers["content-length"],
      body,
    ]);
    response.writeHead(429, { "retry-after": "7" }).end("slower");
  });
  expect(await post(url)).toEqual({ status: 429, said: "slower", retryAfterMs: 7_000 });
  expect(got).toEqual([["POST", "/hook", "1", "2", "é"]]);
});

test("a redirect is not followed, an endless answer is not read, a slow one is not waited for", async () => {
  const redirect = await listen((_request, response) => {
    response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
  });
  expect((await post(redirect)).status).toBe(302);
  const endless = await listen((_request, response) => {
    const more = (): boolean => response.write("x".repeat(10_000)) && setImmediate(more) !== undefined;
    response.on("drain", more);
    more();
  });
  const answer = await post(endless);
  expect([answer.status, answer.said.length]).toEqual([200, 500]);
  await expect(post(await listen(() => {}), HERE, 100)).rejects.toThrow("did not answer within 0.1 s");
  await expect(post("http://127.0.0.1:1/")).rejects.toThrow("nothing listens there");
});

test("what is inside is reached only where the operator names it", async () => {
  const url = await listen((_request, response) => response.end("in"));
  await expect(post(url, NOTHING_INSIDE)).rejects.toThrow("127.0.0.1 is inside this network");
  for (const host of [
    "10.1.2.3",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::a00:1]",
    "192.168.1.1",
    "0x7f000001",
  ])
    await expect(resolveOutside(new URL(`http://${host}`).hostname, NOTHING_INSIDE), host).rejects.toThrow();
  // A cloud's metadata is never let out, whatever is allowed.
  const everything = readAllowed("0.0.0.0/0, ::/0");
  for (const host of ["169.254.169.254", "[fe80::1]", "0.0.0.0", "[::ffff:169.254.169.254]"])
    await expect(resolveOutside(new URL(`http://${host}`).hostname, everything), host).rejects.toThrow(
      "never",
    );
  expect(await resolveOutside("10.1.2.3", readAllowed("10.1.0.0/16"))).toEqual({
    address: "10.1.2.3",
    family: 4,
  });
  expect(await resolveOutside("localhost", readAllowed("localhost"))).toMatchObject({
    address: expect.stringMatching(/::1|127/),
  });
  expect(await resolveOutside("8.8.8.8", NOTHING_INSIDE)).toEqual({ address: "8.8.8.8", family: 4 });
});

test("an address or a list that is none is said", () => {
  expect(wrongAddress("https://example.com/x?y=1")).toBeUndefined();
  for (const [url, word] of [
    ["example.com", "URL"],
    ["ftp://example.com", "https://"],
    ["https://me:pw@example.com", "password"],
    [`https://example.com/${"x".repeat(3_000)}`, "2048"],
  ])
    expect(wrongAddress(url!)).toContain(word);
  for (const text of ["10.0.0.0/33", "a b", "http://x", "10.0.0.0/", "::1/64/2"])
    expect(() => readAllowed(text), text).toThrow(RangeError);
});
