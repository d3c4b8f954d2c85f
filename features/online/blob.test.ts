import { expect, test } from "vitest";
import { FeatureEngine } from "../engine/engine.ts";
import { parseSchema } from "../schema/read.ts";
import { EVERY_AGGREGATE, MemoryStates, somePayments } from "../testing/payments.ts";
import { BlobError, decodeState, encodeState, nextSequence, sequenceOf } from "./blob.ts";

const memory = new MemoryStates(new FeatureEngine(parseSchema(EVERY_AGGREGATE)));
// One busy customer has tiles; terminals have frauds.
for (const one of somePayments(6_000, { customers: 2, terminals: 5, kinds: 3 })) memory.record(one);
const states = memory.states.flatMap((ofStream) => [...ofStream.values()]);

test("a state comes back as it was, wherever its bytes lie", () => {
  expect(states.some(({ tileCount }) => tileCount > 0)).toBe(true);
  expect(states.some(({ fraudCount }) => fraudCount > 0)).toBe(true);
  for (const state of states) {
    const blob = encodeState(state, 17);
    const unaligned = Buffer.concat([Buffer.alloc(3), blob]).subarray(3);
    const back = decodeState(unaligned, state.layout);
    expect(encodeState(back, 17).equals(blob)).toBe(true);
    expect([back.eventCount, back.tileCount, back.fraudCount, back.late, back.foldedUntil]).toEqual([
      ...[state.eventCount, state.tileCount, state.fraudCount, state.late, state.foldedUntil],
    ]);
  }
});

test("a state that came back takes what the first would take", () => {
  const state = states.find(({ tileCount, fraudCount }) => tileCount > 0 && fraudCount > 0)!;
  const back = decodeState(encodeState(state, 1), state.layout);
  const event = new Float64Array(state.layout.stride);
  for (let i = 0; i < 2_000; i++) {
    event.set([state.newest + 1_000, i, 0]);
    expect(back.insert(event)).toBe(state.insert(event));
    expect(back.label(event, i % 3 === 0, i)).toBe(state.label(event, i % 3 === 0, i));
  }
  expect(encodeState(back, 1).equals(encodeState(state, 1))).toBe(true);
});

test("what is no state of ours is told, not read", () => {
  const state = states[0]!;
  const blob = encodeState(state, 1);
  const other = Buffer.from(blob);
  other.writeUInt32LE(2);
  for (const bad of [Buffer.alloc(0), blob.subarray(0, 31), blob.subarray(0, -1), other]) {
    expect(() => decodeState(bad, state.layout)).toThrow(BlobError);
    expect(nextSequence(bad)).toBeGreaterThanOrEqual(0);
  }
});

test("the sequence goes on from what was read, and begins anywhere", () => {
  const blob = encodeState(states[0]!, 0xffff_ffff);
  expect(sequenceOf(blob)).toEqual(Buffer.from([255, 255, 255, 255]));
  expect(nextSequence(blob)).toBe(0);
  expect(sequenceOf(null)).toHaveLength(0);
  expect(new Set(Array.from({ length: 20 }, () => nextSequence(null))).size).toBeGreaterThan(10);
});
