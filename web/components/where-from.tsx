import type { FC } from "hono/jsx";
import type { CountedShare, Where, WhereRow, WhereTable } from "../../domain/analytics.ts";
import { formatCount, formatShare } from "./format.ts";
import { WHERE_NAME, whereHref, whereValue } from "./where-words.ts";

/** Rows of a table on the page; the file has them all. */
export const SHOWN_ROWS = 8;

const WIDTH = 100;
const HEIGHT = 16;

const UNLIKE_WORDS = { more: "riskier", less: "safer" } as const;

/** The interval of a share among those of its table, with the share of all payments as a line. */
const IntervalSvg: FC<{ readonly of: CountedShare; readonly whole: number; readonly most: number }> = ({
  of: { share, low, high },
  whole,
  most,
}) => {
  const at = (value: number): number => (most === 0 ? 0 : (Math.min(value, most) / most) * WIDTH);
  return (
    <svg class="interval" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" preserveAspectRatio="none">
      <line class="whole" x1={at(whole)} x2={at(whole)} y1="0" y2={HEIGHT} />
      <rect class="range" x={at(low)} y="6" width={Math.max(0.5, at(high) - at(low))} height="4" />
      <line class="share" x1={at(share ?? 0)} x2={at(share ?? 0)} y1="2" y2={HEIGHT - 2} />
    </svg>
  );
};

const Row: FC<{
  readonly table: WhereTable;
  readonly row: WhereRow;
  readonly where: Where;
  readonly most: number;
}> = ({ table: { column }, row: { value, payments, risky, unlike, verdicts }, where, most }) => {
  const href = whereHref(column, value);
  const name = whereValue(column, value);
  return (
    <tr>
      <td class="where-name">
        {href ? <a href={href}>{name}</a> : value === null ? <span class="faint">{name}</span> : name}
        {unlike && (
          <span class="second where-unlike" data-unlike={unlike}>
            {unlike === "more" ? "▴" : "▾"} {UNLIKE_WORDS[unlike]}
          </span>
        )}
      </td>
      <td class="number" data-label="Payments">
        {formatCount(payments)}
        <span class="second">{formatShare(payments / where.drawn)}</span>
      </td>
      <td class="number" data-label="Risky">
        {formatShare(risky.share)}
        <span class="second">{intervalWords(risky)}</span>
      </td>
      <td class="where-interval">
        <IntervalSvg of={risky} whole={where.risky.share ?? 0} most={most} />
      </td>
      <td class="number" data-label="Fraud of verdicts">
        {verdicts.of === 0 ? (
          <span class="faint">–</span>
        ) : (
          <>
            {formatCount(verdicts.hits)} of {formatCount(verdicts.of)}
            <span class="second">{intervalWords(verdicts)}</span>
          </>
        )}
      </td>
    </tr>
  );
};

/** "1.2 to 3.4 %" */
export function intervalWords({ hits, of, low, high }: CountedShare): string {
  // Ends that the formula misses by a rounding.
  const [from, to] = [hits === 0 ? 0 : low, hits === of ? 1 : high];
  return `${formatShare(from).replace(" %", "")} to ${formatShare(to)}`;
}

const Table: FC<{ readonly table: WhereTable; readonly where: Where; readonly file: string }> = ({
  table,
  where,
  file,
}) => {
  const { column, rows, rare } = table;
  const shown = rows.slice(0, SHOWN_ROWS);
  const left = rows.length - shown.length;
  const most = Math.max(where.risky.share ?? 0, ...shown.map(({ risky }) => risky.high));
  return (
    <section class="panel where-panel" aria-labelledby={`where-${column}`}>
      <div class="panel-head">
        <h3 id={`where-${column}`}>{WHERE_NAME[column].many}</h3>
      </div>
      {shown.length === 0 ? (
        <p class="panel-body soft">None that at least ten of the payments drawn have in common.</p>
      ) : (
        <div class="table-wrap">
          <table class="audit where">
            <caption class="visually-hidden">
              {WHERE_NAME[column].many}: those unlike all others first, then by payments
            </caption>
            <thead>
              <tr>
                <th scope="col">{WHERE_NAME[column].one}</th>
                <th scope="col" class="number">
                  Payments
                </th>
                <th scope="col" class="number">
                  Risky
                </th>
                <th scope="col" class="where-interval">
                  <span class="visually-hidden">Where the risky share lies</span>
                </th>
                <th scope="col" class="number">
                  Fraud of verdicts
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <Row table={table} row={row} where={where} most={most} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {(left > 0 || rare.values > 0) && (
        <p class="panel-foot">
          {left > 0 && (
            <>
              {formatCount(left)} more in the <a href={file}>file</a>.{" "}
            </>
          )}
          {rare.values > 0 &&
            `${formatCount(rare.values)} with too few to show, ${formatCount(rare.payments)} payments together.`}
        </p>
      )}
    </section>
  );
};

/** What is unlike the whole, in a sentence. */
export function whereSentence({ tables }: Where): string {
  const unlike = tables.flatMap(({ column, rows }) =>
    rows.flatMap(({ value, unlike }) => (unlike ? [{ name: whereValue(column, value), unlike }] : [])),
  );
  if (unlike.length === 0) return "Nowhere is surely riskier or safer than the rest";
  const riskier = unlike.filter((each) => each.unlike === "more").map(({ name }) => name);
  const named = riskier.slice(0, 3).join(", ");
  const more = riskier.length > 3 ? ` and ${riskier.length - 3} more` : "";
  return riskier.length > 0 ? `Riskier than the rest: ${named}${more}` : "Some are safer than the rest";
}

/** Countries, channels, merchants and categories side by side. */
export const WhereTables: FC<{ readonly where: Where; readonly file: string }> = ({ where, file }) => (
  <div class="where-tables">
    {where.tables.map((table) => (
      <Table table={table} where={where} file={file} />
    ))}
  </div>
);

const FILE_ROW = 22;

/** All tables as one picture for a file: a line a row, the interval beside the name. */
export const WhereDrawing: FC<{ readonly where: Where }> = ({ where }) => {
  const lines = where.tables.flatMap(({ column, rows }) => [
    { heading: WHERE_NAME[column].many },
    ...rows.slice(0, SHOWN_ROWS).map((row) => ({ row, name: whereValue(column, row.value) })),
  ]);
  const shares = lines.flatMap((line) => ("row" in line ? [line.row.risky.high] : []));
  const most = Math.max(0.001, ...shares);
  const [left, bar, width] = [200, 300, 640];
  const at = (share: number): number => left + (Math.min(share, most) / most) * bar;
  const whole = where.risky.share ?? 0;
  return (
    <svg
      viewBox={`0 0 ${width} ${lines.length * FILE_ROW + 4}`}
      role="img"
      aria-label={`Risky share by origin, with 95 % intervals. ${whereSentence(where)}.`}
    >
      <line
        x1={at(whole)}
        x2={at(whole)}
        y1="0"
        y2={lines.length * FILE_ROW}
        stroke="var(--ink-faint)"
        stroke-dasharray="3 3"
      />
      {lines.map((line, i) => {
        const y = i * FILE_ROW + 15;
        if ("heading" in line) {
          return (
            <text x="0" y={y} font-weight="600" fill="var(--ink)">
              {line.heading}
            </text>
          );
        }
        const { risky, payments, unlike } = line.row;
        const colour = unlike === "more" ? "var(--tier-high)" : "var(--accent)";
        return (
          <g>
            <text x="0" y={y} fill="var(--ink)">
              {line.name.length > 30 ? `${line.name.slice(0, 29)}…` : line.name}
            </text>
            <rect
              x={at(risky.low)}
              y={y - 6}
              width={Math.max(1, at(risky.high) - at(risky.low))}
              height="4"
              fill={colour}
              fill-opacity="0.45"
            />
            <rect x={at(risky.share ?? 0) - 1} y={y - 10} width="2" height="12" fill={colour} />
            <text x={width} y={y} text-anchor="end" fill="var(--ink-soft)">
              {`${formatShare(risky.share)} of ${formatCount(payments)}`}
            </text>
          </g>
        );
      })}
    </svg>
  );
};
