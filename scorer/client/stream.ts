import type { ClientDuplexStream } from "@grpc/grpc-js";
import type { Transaction } from "../../domain/transaction.ts";
import type { ScoreRequest } from "../../proto/gen/paysecure/scoring/v1/ScoreRequest.ts";
import type { ScoreResponse__Output } from "../../proto/gen/paysecure/scoring/v1/ScoreResponse.ts";
import { fromGrpcError } from "../contract/status.ts";
import { resultFromWire, transactionToWire } from "./convert.ts";
import type { BatchResult, ScoreOptions } from "./types.ts";

type Stream = ClientDuplexStream<ScoreRequest, ScoreResponse__Output>;

/** Writes transactions as fast as the server reads, yields results as fast as the caller takes them. */
export async function* streamResults(
  open: () => Stream,
  transactions: Iterable<Transaction> | AsyncIterable<Transaction>,
  options: ScoreOptions,
): AsyncGenerator<BatchResult> {
  const stream = open();
  const abort = (): void => stream.cancel();
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted) abort();
  let inputError: unknown;
  const writing = write(stream, transactions, options).catch((error: unknown) => {
    inputError = error;
    stream.cancel();
  });
  let finished = false;
  try {
    for await (const response of stream) yield resultFromWire(response as ScoreResponse__Output);
    await writing;
    finished = true;
  } catch (error) {
    throw inputError ?? fromGrpcError(error);
  } finally {
    options.signal?.removeEventListener("abort", abort);
    if (!finished) stream.cancel();
  }
  if (inputError !== undefined) throw inputError;
}

async function write(
  stream: Stream,
  transactions: Iterable<Transaction> | AsyncIterable<Transaction>,
  options: ScoreOptions,
): Promise<void> {
  const fixed = {
    explain: options.explain ?? false,
    record: options.record ?? false,
    model: options.model ?? "",
    withFeatures: options.withFeatures ?? false,
  };
  for await (const transaction of transactions) {
    if (stream.destroyed) return;
    if (!stream.write({ transaction: transactionToWire(transaction), ...fixed })) await drained(stream);
  }
  stream.end();
}

function drained(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      stream.off("error", done);
      stream.off("end", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
    stream.on("error", done);
    stream.on("end", done);
  });
}
