import type { FC } from "hono/jsx";
import type { Heat, HeatCell } from "../../domain/analytics.ts";
import { formatCount, formatShare } from "./format.ts";
import { cellWords, type HeatMeasure, heatSentence, heatValue, shortValue, WEEKDAYS } from "./heat-words.ts";

/** How strong a cell's colour is, from little to most. Between the last two no text would be read well. */
const STEPS = [0.07, 0.16, 0.26, 0.37, 0.48, 1] as const;
const COLOUR: Readonly<Record<HeatMeasure, string>> = {
  payments: "var(--accent)",
  risky: "var(--tier-high)",
};

interface Shown {
  readonly heat: Heat;
  readonly measure: HeatMeasure;
}

/** The most that a cell has. */
function mostOf({ heat, measure }: Shown): number {
  return Math.max(0, ...heat.cells.map((cell) => heatValue(cell, measure) ?? 0));
}

/** Which step of the colours a value has; undefined of none. */
function stepOf(value: number | null, most: number): number | undefined {
  if (value === null || value <= 0 || most <= 0) return undefined;
  return Math.min(STEPS.length - 1, Math.floor((value / most) * STEPS.length));
}

interface Placed {
  readonly cell: HeatCell;
  readonly x: number;
  readonly y: number;
}

interface Grid {
  readonly width: number;
  readonly height: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly placed: readonly Placed[];
  readonly labels: readonly { readonly x: number; readonly y: number; readonly text: string; end?: true }[];
}

const daysOf = (heat: Heat): number[] => [...new Set(heat.cells.map(({ weekday }) => weekday))];
const hourLabel = (hour: number): string => String(hour).padStart(2, "0");

/** Days below each other, hours beside each other. */
function wideGrid(heat: Heat): Grid {
  const [left, top, cellWidth, cellHeight] = [38, 20, 36, 27];
  const days = daysOf(heat);
  return {
    ...{ width: left + 24 * cellWidth, height: top + days.length * cellHeight, cellWidth, cellHeight },
    placed: heat.cells.map((cell) => ({
      cell,
      x: left + cell.hour * cellWidth,
      y: top + days.indexOf(cell.weekday) * cellHeight,
    })),
    labels: [
      ...Array.from({ length: 24 }, (_, hour) => ({
        ...{ x: left + (hour + 0.5) * cellWidth, y: top - 7, text: hourLabel(hour) },
      })),
      ...days.map((day, row) => ({
        ...{ x: left - 8, y: top + (row + 0.5) * cellHeight + 4, text: WEEKDAYS[day - 1]!.slice(0, 3) },
        end: true as const,
      })),
    ],
  };
}

/** For a phone: hours below each other, days beside each other. */
function narrowGrid(heat: Heat): Grid {
  const [left, top, width, cellHeight] = [28, 20, 340, 22];
  const days = daysOf(heat);
  const cellWidth = (width - left) / Math.max(1, days.length);
  return {
    ...{ width, height: top + 24 * cellHeight, cellWidth, cellHeight },
    placed: heat.cells.map((cell) => ({
      cell,
      x: left + days.indexOf(cell.weekday) * cellWidth,
      y: top + cell.hour * cellHeight,
    })),
    labels: [
      ...Array.from({ length: 24 }, (_, hour) => ({
        ...{ x: left - 8, y: top + (hour + 0.5) * cellHeight + 4, text: hourLabel(hour) },
        end: true as const,
      })),
      ...days.map((day, column) => ({
        ...{ x: left + (column + 0.5) * cellWidth, y: top - 7, text: WEEKDAYS[day - 1]!.slice(0, 3) },
      })),
    ],
  };
}

/** The map as one drawing; every cell says its figures when pointed at. */
export const HeatDrawing: FC<Shown & { readonly shape: "wide" | "narrow" }> = ({ heat, measure, shape }) => {
  const grid = shape === "wide" ? wideGrid(heat) : narrowGrid(heat);
  const most = mostOf({ heat, measure });
  return (
    <svg
      class={shape}
      viewBox={`0 0 ${grid.width} ${grid.height}`}
      role="img"
      aria-label={`Hours of the week. ${heatSentence(heat, measure)} The figures are in the table below.`}
    >
      {grid.labels.map(({ x, y, text, end }) => (
        <text x={x} y={y} text-anchor={end ? "end" : "middle"} font-size="11" fill="var(--ink-faint)">
          {text}
        </text>
      ))}
      {grid.placed.map(({ cell, x, y }) => {
        const value = heatValue(cell, measure);
        const step = stepOf(value, most);
        return (
          <g>
            <title>{cellWords(cell)}</title>
            <rect
              x={x + 1}
              y={y + 1}
              width={grid.cellWidth - 2}
              height={grid.cellHeight - 2}
              rx="3"
              fill={step === undefined ? "var(--surface-sunk)" : COLOUR[measure]}
              fill-opacity={step === undefined ? 1 : STEPS[step]}
              stroke={step === undefined ? "var(--line)" : "none"}
            />
            <text
              x={x + grid.cellWidth / 2}
              y={y + grid.cellHeight / 2 + 4}
              text-anchor="middle"
              font-size="11"
              fill={step === STEPS.length - 1 ? "var(--accent-ink)" : "var(--ink)"}
            >
              {value === 0 ? "" : shortValue(value, measure)}
            </text>
          </g>
        );
      })}
    </svg>
  );
};

/** What the colours stand for. */
export const HeatLegend: FC<Shown> = ({ heat, measure }) => {
  const most = mostOf({ heat, measure });
  return (
    <p class="heat-legend">
      <span>0</span>
      <svg viewBox={`0 0 ${STEPS.length * 22} 12`} aria-hidden="true">
        {STEPS.map((opacity, step) => (
          <rect
            x={step * 22}
            y="0"
            width="20"
            height="12"
            rx="2"
            fill={COLOUR[measure]}
            fill-opacity={opacity}
          />
        ))}
      </svg>
      <span>{measure === "payments" ? `${shortValue(most, measure)} an hour` : formatShare(most)}</span>
    </p>
  );
};

/** The same figures as a table: hours in rows, days in columns. */
export const HeatTable: FC<Shown> = ({ heat, measure }) => {
  const days = daysOf(heat);
  const cells = new Map(heat.cells.map((cell) => [cell.weekday * 24 + cell.hour, cell]));
  return (
    <div class="table-wrap">
      <table class="heat-table">
        <caption class="visually-hidden">{`${measure === "payments" ? "Payments" : "Risky payments, and their share,"} by hour and day of the week`}</caption>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            {days.map((day) => (
              <th scope="col" class="number">
                <abbr title={WEEKDAYS[day - 1]}>{WEEKDAYS[day - 1]!.slice(0, 3)}</abbr>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: 24 }, (_, hour) => (
            <tr>
              <th scope="row">{hourLabel(hour)}:00</th>
              {days.map((day) => {
                const cell = cells.get(day * 24 + hour);
                return (
                  <td class="number">
                    {!cell
                      ? "–"
                      : measure === "payments"
                        ? formatCount(cell.payments)
                        : `${formatCount(cell.risky)}${cell.payments > 0 ? ` · ${formatShare(cell.risky / cell.payments)}` : ""}`}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
