import { connect } from "node:net";
import {
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

let scorer: ScorerFixture;
let raw: RawClient;
beforeAll(async () => {
  scorer = await startScorerFixture();
  raw = openRaw(scorer.address);
});
afterAll(async () => {
  raw.close();
  await scorer.stop();
});

interface RawClient {
  /** Sends bytes as a method's request and gives the answer's bytes. */
  send(method: string, bytes: Buffer): Promise<Buffer>;
  close(): void;
}

function openRaw(address: string): RawClient {
  const Client = makeGenericClientConstructor({}, "raw");
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
    "grpc.max_receive_message_length": -1,
  });
  const identity = (bytes: Buffer): Buffer => bytes;
  return {
    send: (method, bytes) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          `/paysecure.scoring.v1.ScoringService/${method}`,
          identity,
          identity,
          bytes,
          new Metadata(),
          { deadline: Date.now() + 10_000 },
          (error, answer) => (error ? reject(error) : resolve(answer as Buffer)),
        );
      }),
    close: () => client.close(),
  };
}

const codeOf = (promise: Promise<unknown>): Promise<status> =>
  promise.then(
    () => status.OK,
    (error: ServiceError) => error.code,
  );

async function expectUnharmed(): Promise<void> {
  expect((await scorer.client.score(transaction("still-alive", -10))).riskTier).toBe("critical");
  expect(await scorer.client.health()).toBe("serving");
}

describe("a hostile client", () => {
  it("that sends 10 MB gets RESOURCE_EXHAUSTED", async () => {
    const others = Promise.all(
      Array.from({ length: 100 }, (_, i) => scorer.client.score(transaction(`o-${i}`))),
    );
    for (const method of ["Score", "ScoreBatch", "Explain", "GetModel"]) {
      expect(await codeOf(raw.send(method, Buffer.alloc(10 * 1024 * 1024)))).toBe(status.RESOURCE_EXHAUSTED);
    }
    expect(await others).toHaveLength(100);
    await expectUnharmed();
  });

  it("that sends no protobuf gets INVALID_ARGUMENT", async () => {
    for (const method of ["Score", "ScoreBatch", "Explain"]) {
      expect(await codeOf(raw.send(method, Buffer.from("ff".repeat(40), "hex")))).toBe(
        status.INVALID_ARGUMENT,
      );
      expect(await codeOf(raw.send(method, Buffer.alloc(0)))).toBe(status.INVALID_ARGUMENT);
    }
    await expectUnharmed();
  });

  it("that calls what is not there gets UNIMPLEMENTED", async () => {
    expect(await codeOf(raw.send("Nothing", Buffer.alloc(0)))).toBe(status.UNIMPLEMENTED);
  });

  it("that speaks no HTTP/2 harms nobody", async () => {
    const port = scorer.server.port;
    const garbage = Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 7919) % 256));
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    for (const bytes of [
      garbage,
      Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      Buffer.concat([preface, garbage]),
      Buffer.alloc(0),
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
        socket.on("error", () => {});
        socket.on("close", () => resolve());
        socket.resume();
        setTimeout(() => socket.destroy(), 500);
      });
    }
    await expectUnharmed();
  });
});

describe("draining", () => {
  it("answers what it has accepted and refuses the rest", async () => {
    const own = await startScorerFixture();
    const batch = Array.from({ length: 5_000 }, (_, i) => transaction(`d-${i}`));
    const inFlight = [
      own.client.scoreBatch(batch),
      ...Array.from({ length: 50 }, (_, i) => own.client.score(transaction(`f-${i}`))),
    ];
    await inFlight[1];
    own.server.setServing(false);
    const drained = own.server.drain();
    expect((await Promise.all(inFlight))[0]).toHaveLength(5_000);
    await drained;
    await own.stop();
  });
});
