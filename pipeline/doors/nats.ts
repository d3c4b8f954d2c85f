import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Consumer, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  nanos,
} from "@nats-io/transport-node";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { MOST_MESSAGES, type TakeMessages, type TransactionStream } from "./stream.ts";

/** What `NATS_…` says. */
export interface NatsSettings {
  readonly servers: readonly string[];
  readonly stream: string;
  /** The durable consumer, which is made when it is missing; all doors of one name share its messages. */
  readonly consumer: string;
  /** Only messages of this subject; all when undefined. */
  readonly subject: string | undefined;
  readonly credentials: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly tls:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
      }
    | undefined;
}

/** Who is silent for longer has died: the server delivers again. While we work we say so. */
const ACK_WAIT_MS = 30_000;
/** Messages on their way to all doors together: what a broker holds back is held back from us as well. */
const MOST_UNACKNOWLEDGED = 2_000;
/** What comes within this is recorded together. */
const TOGETHER_MS = 5;
const RETRY_MS = 2_000;

/** Opens NATS JetStream as a door; a server that is away is waited for. */
export function natsStream(settings: NatsSettings, logger: Logger): TransactionStream {
  let consumer: Consumer | undefined;
  const once = async (take: TakeMessages, stopping: AbortSignal): Promise<void> => {
    const connection = await connect(optionsOf(settings));
    const close = (): void => void connection.close().catch(() => {});
    try {
      consumer = await openConsumer(connection, settings);
      logger.info({ stream: settings.stream, consumer: settings.consumer }, "NATS is open");
      await follow(consumer, connection, take, stopping);
    } finally {
      consumer = undefined;
      close();
    }
  };
  return {
    source: "nats",
    async run(take, stopping) {
      let said = "";
      while (!stopping.aborted) {
        try {
          await once(take, stopping);
          said = "";
        } catch (error) {
          if (stopping.aborted) return;
          const why = messageOf(error);
          if (why !== said)
            logger.warn({ err: why, stream: settings.stream }, "NATS cannot be read, trying again");
          said = why;
        }
        await sleep(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
      }
    },
    async lag() {
      const info = await consumer?.info().catch(() => undefined);
      return info && info.num_pending + info.num_ack_pending;
    },
  };
}

function optionsOf({
  servers,
  credentials,
  user,
  password,
  token,
  tls,
}: NatsSettings): NodeConnectionOptions {
  return {
    servers: [...servers],
    name: "paysecure",
    maxReconnectAttempts: -1,
    ...(user === undefined ? {} : { user, pass: password ?? "" }),
    ...(token === undefined ? {} : { token }),
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(readFileSync(credentials)) }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.ca === undefined ? {} : { caFile: tls.ca }),
            ...(tls.cert === undefined ? {} : { certFile: tls.cert }),
            ...(tls.key === undefined ? {} : { keyFile: tls.key }),
          },
        }),
  };
}

/** The stream is its owner's and is never made here. */
async function openConsumer(connection: NatsConnection, settings: NatsSettings): Promise<Consumer> {
  const { stream, consumer, subject } = settings;
  const manager = await jetstreamManager(connection);
  await manager.streams.info(stream);
  const known = await manager.consumers.info(stream, consumer).catch(() => undefined);
  if (!known) {
    await manager.consumers.add(stream, {
      durable_name: consumer,
      ack_policy: "explicit",
      deliver_policy: "all",
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MOST_UNACKNOWLEDGED,
      ...(subject === undefined ? {} : { filter_subject: subject }),
    });
  }
  return await jetstream(connection).consumers.get(stream, consumer);
}

async function follow(
  consumer: Consumer,
  connection: NatsConnection,
  take: TakeMessages,
  stopping: AbortSignal,
): Promise<void> {
  const messages = await consumer.consume({
    max_messages: 2 * MOST_MESSAGES,
    abort_on_missing_resource: true,
  });
  const stop = (): void => messages.stop();
  stopping.addEventListener("abort", stop);
  if (stopping.aborted) stop();
  try {
    const iterator = messages[Symbol.asyncIterator]();
    let next = iterator.next();
    while (!stopping.aborted) {
      const first = await next;
      if (first.done) return;
      const batch: JsMsg[] = [first.value];
      next = iterator.next();
      while (batch.length < MOST_MESSAGES) {
        const more = await Promise.race([next, sleep(TOGETHER_MS)]);
        if (more === undefined || more.done) break;
        batch.push(more.value);
        next = iterator.next();
      }
      await takeBatch(batch, take);
      await connection.flush();
    }
    // It is delivered again, to whoever comes next.
    next.catch(() => {});
  } finally {
    stopping.removeEventListener("abort", stop);
    messages.stop();
  }
}

async function takeBatch(batch: readonly JsMsg[], take: TakeMessages): Promise<void> {
  const working = setInterval(() => {
    for (const message of batch) message.working();
  }, ACK_WAIT_MS / 3);
  try {
    await take(
      batch.map((message) => ({
        id: `${message.info.stream}:${message.info.streamSequence}`,
        body: message.data,
      })),
    );
  } catch (error) {
    for (const message of batch) message.nak();
    throw error;
  } finally {
    clearInterval(working);
  }
  for (const message of batch) message.ack();
}
