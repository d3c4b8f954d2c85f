import { basename } from "node:path";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { durationWords } from "../../domain/features/duration.ts";
import { maskPans } from "../../domain/pan.ts";
import type { LeftOpen, Sample } from "../../features/offline/left-open.ts";
import type { MappingProposal } from "../../features/offline/mapping.ts";

/** What is proposed for a file, to be shown and agreed to. */
export interface Proposed {
  readonly path: string;
  readonly schema: ModelSchema;
  readonly proposal: MappingProposal;
  readonly sample: Sample;
  readonly open: LeftOpen;
  /** As they were given: `UTC`, `comma`. */
  readonly zone: string | undefined;
  readonly decimal: string | undefined;
  readonly labelDelayMs: number;
}

/** Most characters of a value that is shown. */
const SHOWN = 32;

/** The proposal in words, a column a line, with what a person still has to say. */
export function describeProposal(proposed: Proposed): string {
  const { path, schema, proposal, sample, labelDelayMs } = proposed;
  const entries = Object.entries(proposal.columns);
  const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length), 0);
  const [what, column] = [width(entries.map(([name]) => name)), width(entries.map(([, name]) => name))];
  const lines = entries.map(
    ([name, from]) => `  ${name.padEnd(what)} <- ${from.padEnd(column)}  ${exampleOf(sample.get(from))}`,
  );
  return [
    `${basename(path)}, read by schema ${schema.name}:`,
    ...lines.map((line) => line.trimEnd()),
    ...(proposal.unused.length > 0 ? [`  not read: ${proposal.unused.join(", ")}`] : []),
    `  ${labelsKnown(proposal, labelDelayMs)}`,
    ...(proposed.zone === undefined ? [] : [`  clocks without an offset show ${proposed.zone}`]),
    ...(proposed.decimal === undefined ? [] : [`  decimals stand behind a ${proposed.decimal}`]),
    ...stillToSay(proposed),
  ].join("\n");
}

/** What has to be said before the file can be read; empty when nothing. */
export function stillToSay({ proposal, open, zone, decimal }: Proposed): string[] {
  return [
    ...proposal.missing.map(
      ({ what, names }) =>
        `${what}: no column is known as it (looked for ${names.join(", ")}): say --column ${what}=COLUMN`,
    ),
    ...(open.zone !== undefined && zone === undefined
      ? [`"${short(open.zone)}" does not say where its clock is: say --zone UTC, +02:00, Europe/Prague, …`]
      : []),
    ...(open.decimal !== undefined && decimal === undefined
      ? [`"${short(open.decimal)}" may mean two things: say --decimal point or --decimal comma`]
      : []),
  ];
}

function labelsKnown({ columns }: MappingProposal, labelDelayMs: number): string {
  if (columns["label"] === undefined) return "nothing says what was fraud: no labels";
  const delay = labelDelayMs === 0 ? "with the payment" : `${durationWords(labelDelayMs)} after the payment`;
  return columns["label_time"] === undefined
    ? `labels count as known ${delay}`
    : `labels are known as ${columns["label_time"]} says; where it is empty, ${delay}`;
}

function exampleOf(cells: readonly unknown[] | undefined): string {
  const value = cells?.find((cell) => cell !== undefined && cell !== null && cell !== "");
  if (value === undefined) return "";
  return `e.g. ${short(value instanceof Date ? value.toISOString() : String(value))}`;
}

function short(text: string): string {
  const masked = maskPans(text);
  return masked.length > SHOWN ? `${masked.slice(0, SHOWN)}…` : masked;
}
