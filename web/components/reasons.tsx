import type { FC } from "hono/jsx";

/** A reason as stored with a case or answered by the scorer. */
export interface ReasonLike {
  readonly code: string;
  readonly feature: string;
  readonly value: number;
  readonly contribution: number;
  readonly text: string;
  /** In the words of the model's schema, where it has one. */
  readonly title?: string | undefined;
}

const MOVE = new Intl.NumberFormat("en-GB", {
  signDisplay: "exceptZero",
  minimumFractionDigits: 3,
  maximumFractionDigits: 3,
});

/** The widest a bar may get to each side, of a viewBox 200 wide. */
const HALF = 96;

/** "V14_LOW" → "V14 low", or "Amount: high" with the schema's words: a reason where there is no room for its sentence. */
export function shortReason(reason: Pick<ReasonLike, "code" | "title">): string {
  const [feature = "", ...rest] = reason.code.split("_");
  if (reason.title) return `${reason.title}: ${rest.at(-1)?.toLowerCase() ?? ""}`;
  const name = /^V\d+$/.test(feature) ? feature : feature.charAt(0) + feature.slice(1).toLowerCase();
  return [name, ...rest.map((word) => word.toLowerCase())].join(" ");
}

/** Why: each reason in words, with a bar to the right for fraud and to the left against it. */
export const Reasons: FC<{
  readonly reasons: readonly ReasonLike[];
  /** The contribution that fills a bar; the largest of these reasons when absent. */
  readonly scale?: number;
}> = ({ reasons, scale }) => {
  const most = scale ?? largest(reasons);
  return (
    <ol class="reasons">
      {reasons.map((reason) => {
        const toward = reason.contribution >= 0;
        const width = Math.max(2, (Math.abs(reason.contribution) / most) * HALF);
        return (
          <li>
            <span class="what">{reason.text}</span>
            <svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true">
              <line class="axis" x1="100" x2="100" y1="0" y2="14" />
              <rect
                class={toward ? "toward" : "away"}
                x={(toward ? 100 : 100 - width).toFixed(1)}
                y="2"
                width={width.toFixed(1)}
                height="10"
                rx="1.5"
              />
            </svg>
            <span class={toward ? "number toward-text" : "number away-text"}>
              {MOVE.format(reason.contribution).replace("-", "−")}
              <span class="visually-hidden">{toward ? " towards fraud" : " against fraud"}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
};

/** The largest contribution, for reasons shown in parts on one scale. */
export function largest(reasons: readonly ReasonLike[]): number {
  return Math.max(...reasons.map((reason) => Math.abs(reason.contribution)), Number.MIN_VALUE);
}
