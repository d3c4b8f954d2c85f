import { parentPort, receiveMessageOnPort } from "node:worker_threads";
import { DomainError, messageOf } from "../../../platform/process/errors.ts";
import type { ModelCard } from "../../serving/registry.ts";
import { createExplainer, type Explainer } from "../explain/explainer.ts";
import { type ExplainedRow, explainRows } from "../explain-row.ts";
import { OnnxModel } from "../model.ts";
import { probabilityOf } from "../probability.ts";
import { type Answer, type LoadedInfo, type Request, slabViews } from "./messages.ts";

/** The thread's side: holds models, answers one request after another. */

interface Loaded {
  readonly onnx: OnnxModel;
  readonly card: ModelCard;
  readonly explainer: Explainer;
}

const models = new Map<number, Loaded>();
const slabs = new Map<number, { readonly inputs: Float32Array; readonly probabilities: Float32Array }>();
/** ONNX Runtime's binding takes no shared memory: rows are copied here first. */
let scratch = new Float32Array(0);

const WARM_UP_ROWS = [1, 1, 64, 1, 256] as const;

async function answer(request: Exclude<Request, { kind: "slab" }>): Promise<Answer> {
  const { id } = request;
  try {
    switch (request.kind) {
      case "load":
        return { id, ok: true, value: await load(request) };
      case "score":
        return { id, ok: true, value: await score(request.model, request.slab, request.count) };
      case "explain": {
        const { onnx, card, explainer } = loaded(request.model);
        const start = performance.now();
        const rows = await explainEach(
          request.rows,
          (some) => explainRows(onnx, explainer, card, some, request.top),
          onnx.width,
        );
        return { id, ok: true, value: { rows, computeMs: performance.now() - start } };
      }
      case "release": {
        const model = loaded(request.model);
        models.delete(request.model);
        await model.onnx.release();
        return { id, ok: true, value: 0 };
      }
      case "close":
        return { id, ok: true, value: 0 };
    }
  } catch (error) {
    const { code, message, cause } = DomainError.from(error);
    return { id, ok: false, code, message, cause: cause === undefined ? undefined : messageOf(cause) };
  }
}

async function load(request: Extract<Request, { kind: "load" }>): Promise<LoadedInfo> {
  const width = request.card.inputs.length;
  const onnx = await OnnxModel.load(request.bytes, { threads: request.threads, width });
  try {
    await warmUp(onnx);
    const explainer = createExplainer(request.bytes, request.card);
    if (explainer.supported) {
      await explainRows(onnx, explainer, request.card, new Float32Array(width), 1);
    }
    models.set(request.model, { onnx, card: request.card, explainer });
    return { explainable: explainer.supported, whyNot: explainer.why };
  } catch (error) {
    await onnx.release();
    throw error;
  }
}

/** First runs allocate; nobody should wait for that. Also proves that the graph gives probabilities. */
async function warmUp(onnx: OnnxModel): Promise<void> {
  for (const count of WARM_UP_ROWS) {
    const probabilities = await onnx.score(new Float32Array(count * onnx.width), count);
    for (const p of probabilities) {
      if (Number.isNaN(probabilityOf(p))) {
        throw new DomainError(
          "invalid_argument",
          `the model answered ${p} to an all-zero row: no probability`,
        );
      }
    }
  }
}

/** Scores a slab's first rows; the answers go into the slab. Gives the milliseconds it took. */
async function score(model: number, slab: number, count: number): Promise<number> {
  const start = performance.now();
  const views = slabs.get(slab);
  if (!views) throw new Error(`no slab ${slab}`);
  const { onnx } = loaded(model);
  const length = count * onnx.width;
  if (scratch.length < length) scratch = new Float32Array(length);
  scratch.set(views.inputs.subarray(0, length));
  await scoreEach(onnx, scratch.subarray(0, length), views.probabilities);
  return performance.now() - start;
}

/**
 * Scores rows into `probabilities`. A row that the graph fails for would fail the whole run, with whatever else happens
 * to be in it: halves find it, and it alone goes without an answer.
 */
async function scoreEach(onnx: OnnxModel, rows: Float32Array, probabilities: Float32Array): Promise<void> {
  const { width } = onnx;
  const count = rows.length / width;
  try {
    const answers = await onnx.score(rows, count);
    for (let row = 0; row < count; row++) probabilities[row] = probabilityOf(answers[row] as number);
  } catch {
    if (count === 1) {
      probabilities[0] = Number.NaN;
      return;
    }
    const half = count >> 1;
    await scoreEach(onnx, rows.subarray(0, half * width), probabilities);
    await scoreEach(onnx, rows.subarray(half * width), probabilities.subarray(half));
  }
}

/** Explains rows; one that the graph fails for has no probability, and is found alone. */
async function explainEach(
  rows: Float32Array,
  explain: (rows: Float32Array) => Promise<ExplainedRow[]>,
  width: number,
): Promise<ExplainedRow[]> {
  try {
    return await explain(rows);
  } catch (error) {
    if (error instanceof DomainError && error.code === "invalid_argument") throw error;
    const explained: ExplainedRow[] = [];
    for (let from = 0; from < rows.length; from += width) {
      const row = rows.slice(from, from + width);
      explained.push(...(await explain(row).catch(() => [UNEXPLAINED])));
    }
    return explained;
  }
}

const UNEXPLAINED: ExplainedRow = {
  probability: Number.NaN,
  baseline: Number.NaN,
  reasons: [],
  remainder: Number.NaN,
  rawScore: Number.NaN,
  unit: "",
  method: "",
};

function loaded(model: number): Loaded {
  const found = models.get(model);
  if (!found) throw new Error(`model ${model} is not loaded in this thread`);
  return found;
}

if (!parentPort) throw new Error("this module runs in a worker thread only");
const inbox = parentPort;

type Work = Exclude<Request, { kind: "slab" }>;

const urgent: Work[] = [];
const others: Work[] = [];
let busy = false;

function take(request: Request): void {
  if (request.kind === "slab") {
    slabs.set(request.slab, slabViews(request.memory, request.rows, request.width));
  } else {
    (request.kind === "score" && request.urgent ? urgent : others).push(request);
  }
}

/** What waits, looked at anew before each piece of work: an urgent one may have come during the last. */
function next(): Work | undefined {
  for (let got = receiveMessageOnPort(inbox); got; got = receiveMessageOnPort(inbox)) take(got.message);
  return urgent.shift() ?? others.shift();
}

async function pump(): Promise<void> {
  busy = true;
  for (let work = next(); work; work = next()) inbox.postMessage(await answer(work));
  busy = false;
}

inbox.on("message", (request: Request) => {
  take(request);
  if (!busy) void pump();
});
