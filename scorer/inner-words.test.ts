import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { DomainError } from "../platform/process/errors.ts";
import { createScorerClient } from "./client.ts";
import { fixtureCard } from "./testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

/** What an answer must not say: addresses, paths, the words of grpc-js, Node, ONNX Runtime, protobufjs, zod. */
const INNER =
  /ECONN|127\.0\.0\.1|connect |\/[a-z]+\/[a-z]+\/|node:|LB pick|remote_addr|Resolution note|ENOENT|deserializ|protobuf parsing|JSON|Expected/i;

let scorer: ScorerFixture;
beforeEach(async () => {
  scorer = await startScorerFixture();
});
afterEach(() => scorer.stop());

const failure = (promise: Promise<unknown>): Promise<DomainError> =>
  promise.then(
    () => expect.fail("should have failed"),
    (error: DomainError) => error,
  );

it("a scorer that is away, silent or speaks something else is told of without its address or grpc-js's words", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  const rude = createServer((socket) => socket.end("no HTTP/2\n").on("error", () => {})).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((resolve) => rude.once("listening", resolve));
  const portOf = (server: typeof silent): number => (server.address() as { port: number }).port;
  for (const port of [1, portOf(silent), portOf(rude)]) {
    const client = createScorerClient({ address: `127.0.0.1:${port}`, deadlineMs: 500 });
    const calls = [
      client.score(transaction("t")),
      client.scoreBatch([transaction("t")]),
      client.explain(transaction("t")),
      client.getModel(),
      client.health(),
      client.waitForReady(300),
      client
        .scoreStream([transaction("t")], { deadlineMs: 500 })
        [Symbol.asyncIterator]()
        .next(),
    ];
    for (const { code, message } of await Promise.all(calls.map(failure))) {
      expect(["unavailable", "deadline_exceeded"]).toContain(code);
      expect(message).not.toMatch(INNER);
    }
    client.close();
  }
  silent.close();
  rude.close();
});

it("a model whose files are broken is refused without paths and without a library's words", async () => {
  const { root } = scorer.registry;
  const broken = async (version: string, change: (folder: string) => Promise<void>): Promise<void> => {
    await scorer.registry.add("broken", version, { weights: new Array<number>(30).fill(0), bias: 0 });
    await change(join(root, "broken", version));
  };
  await broken("1", (folder) => rm(join(folder, "model.onnx")));
  await broken("2", (folder) => writeFile(join(folder, "card.json"), "{"));
  await broken("3", (folder) => writeFile(join(folder, "card.json"), '{"schema": 7}'));
  await broken("4", (folder) => writeFile(join(folder, "model.onnx"), "no graph"));
  await broken("5", async (folder) => {
    await rm(join(folder, "model.onnx"));
    await mkdir(join(folder, "model.onnx"));
  });
  const garbage = Buffer.from("no graph, but what the card says");
  await broken("6", async (folder) => {
    await writeFile(join(folder, "model.onnx"), garbage);
    await writeFile(join(folder, "card.json"), JSON.stringify(fixtureCard("broken", "6", garbage)));
  });
  for (const version of ["1", "2", "3", "4", "5", "6"]) {
    const model = `broken@${version}`;
    const calls = [
      scorer.client.score(transaction("t"), { model }),
      scorer.client.scoreBatch([transaction("t")], { model }),
      scorer.client.explain(transaction("t"), { model }),
      scorer.client.getModel(model),
    ];
    for (const { message } of await Promise.all(calls.map(failure))) {
      expect(message).toContain(version === "6" ? "model.onnx" : model);
      expect(message).not.toMatch(INNER);
    }
  }
});

it("a registry that cannot be read is an internal error that says nothing more", async () => {
  await writeFile(join(scorer.registry.root, "serving.json"), "{");
  expect(await failure(scorer.client.getModel("nobody"))).toMatchObject({
    code: "internal",
    message: "the registry of models cannot be used",
  });
});
