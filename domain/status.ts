import { type AlertKind, type AlertSeverity, type AlertState, alertKind } from "./alerts.ts";
import { OBJECTIVES, type ObjectiveName, objectiveAlert } from "./objectives.ts";

/** How a part of the house is, from what needs nobody to what needs somebody at once. */
export const PART_STATES = ["well", "unknown", "degraded", "failing"] as const;
export type PartState = (typeof PART_STATES)[number];

/** The worse of two. */
export function worse(a: PartState, b: PartState): PartState {
  return PART_STATES.indexOf(a) >= PART_STATES.indexOf(b) ? a : b;
}

interface PartRow {
  readonly title: string;
  /** What is so when it is not well, as the sentence on top begins. */
  readonly effect: string;
  readonly todo: string;
  /** Its entry of the runbook: a file of the repository, and a heading's anchor as GitHub makes it. */
  readonly runbook: string;
  /** Where in the console it is looked into; null where there is no such page. */
  readonly place: string | null;
}

const ON_CALL = "docs/operate/alerts.md";

/** What `/status` looks at: what stops most comes first. */
export const STATUS_PARTS = {
  postgresql: {
    title: "PostgreSQL",
    effect: "Decisions cannot be recorded",
    todo: "Payments wait in the queue and nothing is lost. The runbook has a line for what it says.",
    runbook: "docs/runbook.md#postgresql",
    place: null,
  },
  redis: {
    title: "Redis",
    effect: "Payments cannot be taken in",
    todo: "What was acknowledged is in its append-only file. The runbook has a line for what it says.",
    runbook: "docs/runbook.md#redis",
    place: null,
  },
  scorer: {
    title: "Scorer",
    effect: "Payments are not decided",
    todo: alertKind("scorer_away").todo,
    runbook: alertRunbook("scorer_away"),
    place: "/models",
  },
  workers: {
    title: "Workers",
    effect: "Payments wait",
    todo: "Start one, or read the log of the one that is to run: it says what it waits for. Nothing is lost.",
    runbook: `${ON_CALL}#paysecuredown`,
    place: "/queues",
  },
  queues: {
    title: "Queues",
    effect: "Decisions are late",
    todo: alertKind("queue_age").todo,
    runbook: `${ON_CALL}#paysecuredecisionslate`,
    place: "/queues",
  },
  outbox: {
    title: "Outbox and counters",
    effect: "Timers, news and figures are late",
    todo: "Read the worker's log: Redis or PostgreSQL is away, or no worker runs. Nothing is lost.",
    runbook: `${ON_CALL}#paysecureoutboxstuck`,
    place: null,
  },
  reviews: {
    title: "Review cases",
    effect: "Cases are late",
    todo: "Somebody has to decide them, or the policy sends too many: the queue, the most urgent first.",
    runbook: `${ON_CALL}#paysecurereviewsoverdue`,
    place: "/reviews?order=due",
  },
  dead_letters: {
    title: "Dead letters",
    effect: "Payments were put aside",
    todo: "See the reasons, mend the sender or the payments, and hand them in again.",
    runbook: `${ON_CALL}#paysecuredeadletters`,
    place: "/dead-letters",
  },
} as const satisfies Record<string, PartRow>;

export type PartName = keyof typeof STATUS_PARTS;
export const PART_NAMES = Object.keys(STATUS_PARTS) as readonly PartName[];

/** A part as it was found. */
export interface StatusPart {
  readonly name: PartName;
  readonly state: PartState;
  /** Since when it is not well, as far as anybody here knows; null when it is. */
  readonly since: Date | null;
  /** Words that may follow "Payments wait:". */
  readonly words: string;
}

/** An alert that is not over. */
export interface StatusAlert {
  readonly id: number;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly body: string;
  readonly state: AlertState;
  readonly firedAt: Date;
}

/** Events of a span. */
export interface PromiseSpan {
  readonly bad: number;
  readonly all: number;
}

/** Objectives that the store's own counters count; all others Prometheus alone knows. */
export const COUNTED_HERE: ReadonlySet<ObjectiveName> = new Set(["review_sla"]);

/** What the store knows of an objective; null where it does not count it, or cannot be asked. */
export interface StatusPromise {
  readonly name: ObjectiveName;
  readonly spans: {
    readonly hour: PromiseSpan;
    readonly day: PromiseSpan;
    readonly days: PromiseSpan;
  } | null;
}

/** What runs and decides. */
export interface StatusVersions {
  /** The migration that ran last. */
  readonly schema: string | null;
  readonly policy: string | null;
  /** As a worker saw it; null before one has looked. */
  readonly models: {
    readonly champion: string;
    readonly challenger: string | null;
    readonly shadows: readonly string[];
    readonly seenAt: Date;
  } | null;
}

/** Everything that `/status` says. What the store could not be asked for is null. */
export interface Status {
  readonly at: Date;
  readonly state: PartState;
  readonly sentence: string;
  readonly parts: readonly StatusPart[];
  readonly alerts: readonly StatusAlert[] | null;
  readonly promises: readonly StatusPromise[];
  readonly code: string;
  readonly versions: StatusVersions | null;
  /** When `npm run backup` last ended well here; null where nobody knows. */
  readonly lastBackup: Date | null;
}

/** The entry of a kind of alert. */
export function alertRunbook(kind: AlertKind): string {
  return `docs/alerts.md#${anchorOf(alertKind(kind).title)}`;
}

/** The entry of an objective. */
export function promiseRunbook(name: ObjectiveName): string {
  return `${ON_CALL}#${objectiveAlert({ name }).toLowerCase()}`;
}

/** An objective as it was declared. */
export function promiseOf(name: ObjectiveName): (typeof OBJECTIVES)[number] {
  return OBJECTIVES.find((each) => each.name === name)!;
}

/** A heading's anchor, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** "12 s", "4 min", "3 h", "2 days": how long, in a word. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** " 2 more parts need somebody.", or nothing. */
function besides(count: number, one: string, several: string, what: string): string {
  return count === 0 ? "" : ` ${count} more ${count === 1 ? one : several} ${what}.`;
}

/** Parts and alerts in one state and one sentence: what stops most, and how much there is besides. */
export function sumUp(
  parts: readonly StatusPart[],
  alerts: readonly StatusAlert[] | null,
): { readonly state: PartState; readonly sentence: string } {
  const state = parts.reduce<PartState>((worst, part) => worse(worst, part.state), "well");
  const troubled = (["failing", "degraded"] as const).flatMap((each) =>
    parts.filter((part) => part.state === each),
  );
  const [first, ...others] = troubled;
  if (first) {
    const said = `${STATUS_PARTS[first.name].effect}: ${first.words}.`;
    return { state, sentence: `${said}${besides(others.length, "part needs", "parts need", "somebody")}` };
  }
  const urgent = (alerts ?? []).filter(({ severity }) => severity !== "info");
  const [newest] = urgent;
  if (newest) {
    const said = `Somebody should look: ${newest.title}.`;
    return {
      state: worse(state, "degraded"),
      sentence: `${said}${besides(urgent.length - 1, "alert is", "alerts are", "open")}`,
    };
  }
  const silent = parts.filter((part) => part.state === "unknown");
  if (silent.length > 0) {
    const names = silent.map(({ name }) => STATUS_PARTS[name].title).join(", ");
    return { state, sentence: `Not everything is known: ${names} cannot be asked.` };
  }
  return { state, sentence: "All is well." };
}
