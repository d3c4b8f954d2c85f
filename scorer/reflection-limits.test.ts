import { credentials, Metadata, makeGenericClientConstructor, status } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

const PATH = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const Generic = makeGenericClientConstructor({}, "reflection");
const identity = (bytes: Buffer): Buffer => bytes;

let scorer: ScorerFixture;
beforeAll(async () => {
  scorer = await startScorerFixture();
});
afterAll(() => scorer.stop());

/** A question for the file that holds a symbol. */
function question(symbol: string): Buffer {
  return Buffer.from(
    protobuf.Writer.create()
      .uint32((4 << 3) | 2)
      .string(symbol)
      .finish(),
  );
}

interface Stream {
  answers: number;
  readonly over: Promise<status>;
  ask(bytes: Buffer): void;
  close(): void;
}

function open(): Stream {
  const client = new Generic(scorer.address, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(PATH, identity, identity, new Metadata(), {});
  const stream: Stream = {
    answers: 0,
    over: new Promise((resolve) => {
      call.on("error", () => {});
      call.on("status", ({ code }) => resolve(code));
    }),
    ask: (bytes) => void call.write(bytes),
    close: () => {
      call.cancel();
      client.close();
    },
  };
  call.on("data", () => stream.answers++);
  return stream;
}

test("a question longer than any name is refused unread", async () => {
  const stream = open();
  stream.ask(question("x".repeat(2_000)));
  expect(await stream.over).toBe(status.INVALID_ARGUMENT);
  stream.close();
});

test("an address has a few streams, and free ones again when they are closed", async () => {
  const streams = Array.from({ length: 8 }, open);
  for (const stream of streams) stream.ask(question("grpc.health.v1.Health"));
  await expect.poll(() => streams.every(({ answers }) => answers === 1)).toBe(true);
  const more = open();
  more.ask(question("grpc.health.v1.Health"));
  expect(await more.over).toBe(status.RESOURCE_EXHAUSTED);
  for (const stream of [...streams, more]) stream.close();
  await expect
    .poll(async () => {
      const again = open();
      again.ask(question("grpc.health.v1.Health"));
      await Promise.race([again.over, new Promise((resolve) => setTimeout(resolve, 200))]);
      again.close();
      return again.answers;
    })
    .toBe(1);
});

test("who asks without end is refused, and payments are scored meanwhile", async () => {
  const stream = open();
  for (let i = 0; i < 5_000; i++) stream.ask(question("paysecure.scoring.v1.ScoringService"));
  const scored = await scorer.client.score(transaction("a"));
  expect(scored.riskTier).toBe("low");
  expect(await stream.over).toBe(status.RESOURCE_EXHAUSTED);
  expect(stream.answers).toBeLessThan(1_000);
  stream.close();
});
