import { describe, expect, it } from "vitest";
import { DomainError } from "../../platform/process/errors.ts";
import { Turns } from "../../platform/process/turns.ts";
import { Admission } from "./admission.ts";
import { Batcher, type Waiting } from "./batcher.ts";
import type { Slab } from "./inference/inference-host.ts";
import { RowCost } from "./row-cost.ts";
import { CONTRACT_WIDTH } from "./transaction-input.ts";

/** A model whose answer is a row's first input, one run at a time, finished by hand. */
class HandModel {
  readonly runs: { readonly count: number; finish(error?: Error): void }[] = [];

  score(slab: Slab, count: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        for (let i = 0; i < count; i++) slab.probabilities[i] = slab.inputs[i * CONTRACT_WIDTH] as number;
        if (error) reject(error);
        else resolve(1);
      };
      this.runs.push({ count, finish });
    });
  }
}

class Pool {
  taken = 0;
  readonly #spare: Slab[] = [];
  takeSlab(): Slab {
    this.taken++;
    return (
      this.#spare.pop() ?? {
        number: 0,
        width: CONTRACT_WIDTH,
        inputs: new Float32Array(8 * CONTRACT_WIDTH),
        probabilities: new Float32Array(8),
      }
    );
  }
  giveBack(slab: Slab): void {
    this.taken--;
    this.#spare.push(slab);
  }
}

class Caller implements Waiting {
  answer: number | undefined;
  error: unknown;
  scored(probability: number): void {
    this.answer = probability;
  }
  failed(error: unknown): void {
    this.error = error;
  }
}

function ask(batcher: Batcher, value: number): Caller {
  const caller = new Caller();
  batcher.rows[batcher.offset] = value;
  batcher.add(caller);
  return caller;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("batcher", () => {
  it("sends one row at once, and what waits meanwhile together", async () => {
    const model = new HandModel();
    const pool = new Pool();
    const batcher = new Batcher(model, pool, { width: CONTRACT_WIDTH, maxRows: 8 });
    const first = ask(batcher, 0.1);
    await turn();
    expect(model.runs.map((run) => run.count)).toEqual([1]);
    const others = [0.2, 0.3, 0.4].map((value) => ask(batcher, value));
    await turn();
    expect(model.runs).toHaveLength(1);
    model.runs[0]?.finish();
    await turn();
    expect(first.answer).toBeCloseTo(0.1);
    expect(model.runs.map((run) => run.count)).toEqual([1, 3]);
    model.runs[1]?.finish();
    await turn();
    expect(others.map((caller) => caller.answer)).toEqual([0.2, 0.3, 0.4].map(Math.fround));
    expect(pool.taken).toBe(0);
  });

  it("splits what is more than a run takes, in order", async () => {
    const model = new HandModel();
    const batcher = new Batcher(model, new Pool(), { width: CONTRACT_WIDTH, maxRows: 8 });
    const callers = Array.from({ length: 20 }, (_, i) => ask(batcher, i / 100));
    for (let run = 0; run < 3; run++) {
      await turn();
      model.runs[run]?.finish();
    }
    await turn();
    expect(model.runs.map((run) => run.count)).toEqual([8, 8, 4]);
    expect(callers.map((caller) => caller.answer)).toEqual(callers.map((_, i) => Math.fround(i / 100)));
  });

  it("does not keep a row that nobody added", async () => {
    const model = new HandModel();
    const batcher = new Batcher(model, new Pool(), { width: CONTRACT_WIDTH, maxRows: 8 });
    batcher.rows[batcher.offset] = 0.9;
    const caller = ask(batcher, 0.5);
    await turn();
    model.runs[0]?.finish();
    await turn();
    expect(model.runs[0]?.count).toBe(1);
    expect(caller.answer).toBe(0.5);
  });

  it("fails a run's callers when the run fails, and goes on", async () => {
    const model = new HandModel();
    const batcher = new Batcher(model, new Pool(), { width: CONTRACT_WIDTH, maxRows: 8 });
    const unlucky = ask(batcher, 0.5);
    await turn();
    model.runs[0]?.finish(new Error("broken"));
    await turn();
    expect(unlucky.error).toEqual(new Error("broken"));
    const lucky = ask(batcher, 0.25);
    await turn();
    model.runs[1]?.finish();
    await turn();
    expect(lucky.answer).toBe(0.25);
  });
});

describe("admission", () => {
  it("is bounded in rows and in expected wait, and says when to come back", () => {
    const cost = new RowCost(0.01, 32);
    const admission = new Admission({ maxRows: 1_000, maxWaitMs: 50 }, cost, "to be scored");
    admission.enter(900);
    expect(() => admission.enter(101)).toThrow(expect.objectContaining({ code: "resource_exhausted" }));
    admission.enter(100);
    admission.leave(1_000);
    for (let i = 0; i < 200; i++) cost.observe(64, 64);
    cost.observe(1, 1_000);
    admission.enter(60);
    let refusal: unknown;
    try {
      admission.enter(1);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(DomainError);
    expect((refusal as DomainError).retryAfterMs).toBeGreaterThanOrEqual(25);
    admission.leave(60);
    admission.enter(10_000);
  });
});

describe("admission of several callers", () => {
  const open = (): Admission =>
    new Admission({ maxRows: 1_000_000, maxWaitMs: 100 }, new RowCost(1, 32), "to be explained");

  it("lets in who has nothing inside where one who fills it is turned away", () => {
    const admission = open();
    admission.enter(90, "greedy");
    expect(() => admission.enter(20, "greedy")).toThrow("90 transactions wait to be explained");
    admission.enter(20, "modest");
    expect(() => admission.enter(1, "greedy")).toThrow("110 transactions wait");
    admission.enter(5, "modest");
    expect(admission.full).toBe(false);
    expect(() => admission.enter(40, "modest")).toThrow("115 transactions wait");
    admission.leave(25, "modest");
    admission.enter(110, "modest");
    expect(admission.full).toBe(true);
  });

  it("turns away by what the work would cost, not only by what is inside", () => {
    const admission = open();
    admission.enter(10);
    expect(() => admission.enter(95)).toThrow(expect.objectContaining({ code: "resource_exhausted" }));
    admission.enter(90);
    admission.leave(100);
    admission.enter(5_000);
    expect(admission.refusal().retryAfterMs).toBe(1_000);
  });
});

it("turns go round among callers, however many one of them waits for", async () => {
  const turns = new Turns(1);
  const order: string[] = [];
  const ask = async (who: string, times: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: times }, async () => {
        await turns.take(who);
        order.push(who);
        turns.done(who);
      }),
    );
  };
  await Promise.all([ask("a", 5), ask("b", 2), ask("c", 1)]);
  expect(order.join("")).toBe("aabcabaa");
});

it("turns are taken in order, a few at a time", async () => {
  const turns = new Turns(2);
  const order: number[] = [];
  const work = async (i: number): Promise<void> => {
    await turns.take("a");
    order.push(i);
  };
  const all = [0, 1, 2, 3].map(work);
  await turn();
  expect(order).toEqual([0, 1]);
  turns.done("a");
  turns.done("a");
  await Promise.all(all);
  expect(order).toEqual([0, 1, 2, 3]);
});

it("one caller has no more turns at once than its own, and the others are free for others", async () => {
  const turns = new Turns(3, 2);
  const order: string[] = [];
  const work = (name: string): Promise<void> =>
    turns.take(name.slice(0, 1)).then(() => {
      order.push(name);
    });
  const all = ["a1", "a2", "a3", "a4", "b1", "b2"].map(work);
  await turn();
  expect(order).toEqual(["a1", "a2", "b1"]);
  turns.done("b");
  await turn();
  await turn();
  expect(order).toEqual(["a1", "a2", "b1", "b2"]);
  turns.done("a");
  turns.done("b");
  await turn();
  await turn();
  expect(order).toEqual(["a1", "a2", "b1", "b2", "a3"]);
  turns.done("a");
  await Promise.all(all);
});
