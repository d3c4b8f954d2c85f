import { OnnxModel } from "../../scorer/scoring/model.ts";
import { readModel, resolveModel } from "../../scorer/serving/registry.ts";
import { type Figure, median, ratio } from "../report.ts";
import { closedLoop, openRaw, streamLoop } from "./load.ts";
import { batchRequests, batchRows, scoreRequests } from "./messages.ts";
import { startServer } from "./server-process.ts";

export interface Effort {
  /** Seconds of each measurement. */
  readonly seconds: number;
  /** Rounds of which the median is taken. */
  readonly rounds: number;
}

const IN_FLIGHT = 64;
const BATCH = 1_000;
const BATCHES_IN_FLIGHT = 4;
const STREAM_WINDOW = 1_024;

/**
 * Unary, batched and streamed scoring, next to the empty handler with the same messages and to the bare ONNX run. What
 * is compared is measured in turn within each round, so that a busy machine is busy for both.
 */
export async function throughput(registry: string, { seconds, rounds }: Effort): Promise<Figure[]> {
  const scorer = await startServer("scorer/main.ts", { MODEL_DIR: registry });
  const empty = await startServer("bench/scorer/empty-server.ts");
  const toScorer = openRaw(scorer.address);
  const toEmpty = openRaw(empty.address);
  const requests = scoreRequests(4_000);
  const batches = batchRequests(20, BATCH);
  const rows = {
    unary: [] as number[],
    p99: [] as number[],
    perSecond: [] as number[],
    emptyPerSecond: [] as number[],
    batch: [] as number[],
    batchPerSecond: [] as number[],
    stream: [] as number[],
    streamPerSecond: [] as number[],
    cpu: [] as number[],
    batchCpu: [] as number[],
    bareCpu: [] as number[],
  };
  try {
    await closedLoop(toScorer, "Score", requests, IN_FLIGHT, seconds);
    await closedLoop(toEmpty, "Score", requests, IN_FLIGHT, seconds);
    await closedLoop(toScorer, "ScoreBatch", batches, BATCHES_IN_FLIGHT, seconds / 2);
    for (let round = 0; round < rounds; round++) {
      const base = await closedLoop(toEmpty, "Score", requests, IN_FLIGHT, seconds);
      const unary = await closedLoop(toScorer, "Score", requests, IN_FLIGHT, seconds);
      if (base.errors + unary.errors > 0) throw new Error(base.firstError || unary.firstError);
      rows.unary.push(unary.perSecond / base.perSecond);
      rows.p99.push(unary.p99 / base.p99);
      rows.perSecond.push(unary.perSecond);
      rows.emptyPerSecond.push(base.perSecond);

      const cpuBefore = scorer.cpuMs();
      const batch = await closedLoop(toScorer, "ScoreBatch", batches, BATCHES_IN_FLIGHT, seconds);
      const batchCpu = ((scorer.cpuMs() - cpuBefore) / (batch.calls * BATCH)) * 1_000;
      if (batch.errors > 0) throw new Error(batch.firstError);
      const bareCpu = await bareOnnxCpu(registry, seconds / 2);
      rows.batch.push((batch.perSecond * BATCH) / unary.perSecond);
      rows.batchPerSecond.push(batch.perSecond * BATCH);
      rows.batchCpu.push(batchCpu);
      rows.bareCpu.push(bareCpu);
      rows.cpu.push(batchCpu / bareCpu);

      const stream = await streamLoop(toScorer, requests, STREAM_WINDOW, seconds);
      rows.stream.push(stream.perSecond / unary.perSecond);
      rows.streamPerSecond.push(stream.perSecond);
    }
  } finally {
    toScorer.close();
    toEmpty.close();
    await scorer.stop();
    await empty.stop();
  }
  const plain = (name: string, values: readonly number[], unit: string): Figure => ({
    name,
    value: median(values),
    unit,
  });
  return [
    plain("empty handler, unary, 64 in flight", rows.emptyPerSecond, "calls/s"),
    plain("Score, 64 in flight", rows.perSecond, "calls/s"),
    ratio("Score throughput against the empty handler", rows.unary, { atLeast: 0.85 }),
    ratio("Score p99 against the empty handler's", rows.p99, { atMost: 1.25 }),
    plain("ScoreBatch(1000)", rows.batchPerSecond, "transactions/s"),
    ratio("ScoreBatch(1000) transactions/s against Score", rows.batch, { atLeast: 30 }),
    plain("server CPU per transaction in ScoreBatch(1000)", rows.batchCpu, "µs"),
    plain("bare ONNX run, CPU per row, 1000 rows", rows.bareCpu, "µs"),
    ratio("ScoreBatch server CPU against the bare ONNX run", rows.cpu, { atMost: 4 }),
    plain("ScoreStream", rows.streamPerSecond, "transactions/s"),
    ratio("ScoreStream against Score", rows.stream, { atLeast: 5 }),
  ];
}

/** CPU of the model alone, in this process, microseconds a row. */
async function bareOnnxCpu(registry: string, seconds: number): Promise<number> {
  const stored = await readModel(registry, await resolveModel(registry, "champion"));
  const model = await OnnxModel.load(stored.bytes);
  const rows = batchRows(BATCH);
  for (let i = 0; i < 20; i++) await model.score(rows, BATCH);
  const cpu = process.cpuUsage();
  const until = performance.now() + seconds * 1_000;
  let runs = 0;
  for (; performance.now() < until; runs++) await model.score(rows, BATCH);
  const used = process.cpuUsage(cpu);
  await model.release();
  return (used.user + used.system) / (runs * BATCH);
}
