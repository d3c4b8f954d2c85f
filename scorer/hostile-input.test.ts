import { once } from "node:events";
import http2 from "node:http2";
import { connect } from "node:net";
import {
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DomainError, ErrorCode } from "../platform/process/errors.ts";
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
  /** Sends bytes as a method's request and gives the answer's bytes; the service is the scoring service when left out. */
  send(method: string, bytes: Buffer, service?: string, metadata?: Metadata): Promise<Buffer>;
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
    send: (method, bytes, service = "paysecure.scoring.v1.ScoringService", metadata = new Metadata()) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          `/${service}/${method}`,
          identity,
          identity,
          bytes,
          metadata,
          { deadline: Date.now() + 10_000 },
          (error, answer) => (error ? reject(error) : resolve(answer as Buffer)),
        );
      }),
    close: () => client.close(),
  };
}

const codeOf = (promise: Promise<unknown>): Promise<status | ErrorCode> =>
  promise.then(
    () => status.OK,
    (error: ServiceError | DomainError) => error.code,
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

  it("that names a model with characters beyond 16 bits, however long, gets NOT_FOUND and harms nobody", async () => {
    for (let ascii = 470; ascii <= 500; ascii++) {
      const model = "x".repeat(ascii) + "😀".repeat(40);
      expect(await codeOf(scorer.client.getModel(model))).toBe("not_found");
    }
    const megabytes = await scorer.client
      .score(transaction("t"), { model: "€".repeat(1_000_000) })
      .catch((e) => e);
    expect(megabytes).toMatchObject({ code: "not_found" });
    expect(Buffer.byteLength(megabytes.message)).toBeLessThanOrEqual(500);
    await expectUnharmed();
  });

  it("that asks health or reflection with bytes that are no message gets INVALID_ARGUMENT", async () => {
    const truncated = Buffer.from("ff".repeat(40), "hex");
    const longName = Buffer.concat([Buffer.from("0a808040", "hex"), Buffer.alloc(1 << 20, "x")]);
    for (const bytes of [truncated, longName]) {
      expect(await codeOf(raw.send("Check", bytes, "grpc.health.v1.Health"))).toBe(status.INVALID_ARGUMENT);
      expect(await codeOf(raw.send("Watch", bytes, "grpc.health.v1.Health"))).toBe(status.INVALID_ARGUMENT);
    }
    const reflection = "grpc.reflection.v1.ServerReflection";
    expect(await codeOf(raw.send("ServerReflectionInfo", truncated, reflection))).toBe(
      status.INVALID_ARGUMENT,
    );
    await expectUnharmed();
  });

  it("that sends 70 KB of metadata gets RESOURCE_EXHAUSTED at once, and one that asks first is told the limit", async () => {
    const metadata = new Metadata();
    for (let i = 0; i < 10; i++) metadata.set(`large-${i}`, "~".repeat(7_000));
    const sent = raw.send("GetModel", Buffer.alloc(0), undefined, metadata);
    expect(await codeOf(sent)).toBe(status.RESOURCE_EXHAUSTED);
    const session = http2.connect(`http://${scorer.address}`);
    const [settings] = (await once(session, "remoteSettings")) as [http2.Settings];
    session.destroy();
    expect(settings.maxHeaderListSize).toBe(64 * 1024);
    await expectUnharmed();
  });

  it.each([
    ["as letters, which HTTP/2 packs", "a", status.RESOURCE_EXHAUSTED],
    ["as what it cannot pack, which ends the connection", "~", status.INTERNAL],
  ])("that sends one value of 70 KB %s hears so before its deadline", async (_, letter, code) => {
    const metadata = new Metadata();
    metadata.set("large", letter.repeat(70_000));
    expect(await codeOf(raw.send("GetModel", Buffer.alloc(0), undefined, metadata))).toBe(code);
    // The same client goes on, on another connection where it has to.
    expect(await codeOf(raw.send("GetModel", Buffer.alloc(0)))).toBe(status.OK);
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
