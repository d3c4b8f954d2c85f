import {
  type CallOptions,
  type Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";

/** The path of every method begins with it. */
export const SERVICE = "/paysecure.scoring.v1.ScoringService";
const identity = (bytes: Buffer): Buffer => bytes;

/** A client that sends and receives bytes, so that its own work is as small as it can be. */
export interface RawClient {
  call(
    method: string,
    request: Buffer,
    done: (error: ServiceError | null, answer?: Buffer) => void,
    options?: CallOptions,
  ): void;
  stream(): ClientDuplexStream<Buffer, Buffer>;
  close(): void;
}

/** @param apiKey for a server that asks for keys */
export function openRaw(address: string, apiKey?: string): RawClient {
  const metadata = new Metadata();
  if (apiKey !== undefined) metadata.set("authorization", `Bearer ${apiKey}`);
  const Generic = makeGenericClientConstructor({}, "bench");
  const client: Client = new Generic(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  return {
    call: (method, request, done, options = {}) => {
      const path = `${SERVICE}/${method}`;
      client.makeUnaryRequest(path, identity, identity, request, metadata, options, done);
    },
    stream: () => client.makeBidiStreamRequest(`${SERVICE}/ScoreStream`, identity, identity, metadata),
    close: () => client.close(),
  };
}

/** What a closed loop measured. */
export interface LoadResult {
  readonly calls: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
  /** The first error's message, or "". */
  readonly firstError: string;
}

/** Keeps `inFlight` unary calls going for `seconds`. */
export async function closedLoop(
  client: RawClient,
  method: string,
  requests: readonly Buffer[],
  inFlight: number,
  seconds: number,
): Promise<LoadResult> {
  const latencies: number[] = [];
  let errors = 0;
  let firstError = "";
  let next = 0;
  const start = performance.now();
  const until = start + seconds * 1_000;
  await new Promise<void>((resolve) => {
    let open = 0;
    const send = (): void => {
      open++;
      const sent = performance.now();
      client.call(method, requests[next++ % requests.length] as Buffer, (error) => {
        const now = performance.now();
        open--;
        if (error) {
          errors++;
          firstError ||= error.message;
        } else latencies.push(now - sent);
        if (now < until) send();
        else if (open === 0) resolve();
      });
    };
    for (let i = 0; i < inFlight; i++) send();
  });
  const took = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return {
    calls: latencies.length,
    seconds: took,
    perSecond: latencies.length / took,
    p50: at(0.5),
    p99: at(0.99),
    errors,
    firstError,
  };
}

/** Streams requests for `seconds` with at most `window` unanswered; gives answers per second. */
export async function streamLoop(
  client: RawClient,
  requests: readonly Buffer[],
  window: number,
  seconds: number,
): Promise<{ readonly answers: number; readonly perSecond: number }> {
  const stream = client.stream();
  let sent = 0;
  let answers = 0;
  let blocked = false;
  const start = performance.now();
  const until = start + seconds * 1_000;
  await new Promise<void>((resolve, reject) => {
    const fill = (): void => {
      while (!blocked && sent - answers < window) {
        if (performance.now() >= until) {
          stream.end();
          return;
        }
        blocked = !stream.write(requests[sent % requests.length] as Buffer);
        sent++;
      }
    };
    stream.on("drain", () => {
      blocked = false;
      fill();
    });
    stream.on("data", () => {
      answers++;
      if (sent - answers < window / 2) fill();
    });
    stream.on("end", resolve);
    stream.on("error", reject);
    fill();
  });
  if (answers !== sent) throw new Error(`${sent} requests streamed, ${answers} answered`);
  return { answers, perSecond: answers / ((performance.now() - start) / 1_000) };
}
