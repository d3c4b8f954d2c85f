import type { FC } from "hono/jsx";
import { FEW_VERDICTS, type Workload, type WorkloadRow } from "../../domain/analytics.ts";
import { formatCount, formatShare } from "./format.ts";
import { intervalWords } from "./where-from.tsx";

/** "45 s", "12 min", "3.5 h" */
export function formatSpan(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

const Stood: FC<{ readonly row: WorkloadRow }> = ({ row: { stood } }) =>
  stood.of < FEW_VERDICTS ? (
    <>
      {formatCount(stood.hits)} of {formatCount(stood.of)}
      <span class="second">too few to judge</span>
    </>
  ) : (
    <>
      {formatShare(stood.share)}
      <span class="second">{intervalWords(stood)}</span>
    </>
  );

/** What each person decided, by name. */
export const WorkloadTable: FC<{ readonly workload: Workload }> = ({ workload: { people } }) => (
  <div class="table-wrap">
    <table class="audit workload">
      <caption class="visually-hidden">What each person decided, by name</caption>
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col" class="number">
            Cases decided
          </th>
          <th scope="col" class="number">
            Median, claim to verdict
          </th>
          <th scope="col" class="number">
            Verdicts that stood
          </th>
          <th scope="col" class="number">
            Corrected
          </th>
          <th scope="col" class="number">
            Against a chargeback
          </th>
        </tr>
      </thead>
      <tbody>
        {people.map((row) => (
          <tr>
            <td class="where-name">
              <strong>{row.name}</strong>
              {row.kind === "api_key" && <span class="second">API key</span>}
            </td>
            <td class="number" data-label="Cases decided">
              {formatCount(row.decided)}
            </td>
            <td class="number" data-label="Median, claim to verdict">
              {formatSpan(row.medianSeconds)}
              {row.timed < row.decided && (
                <span class="second">
                  {formatCount(row.timed)} of {formatCount(row.decided)} claimed
                </span>
              )}
            </td>
            <td class="number" data-label="Verdicts that stood">
              <Stood row={row} />
            </td>
            <td class="number" data-label="Corrected">
              {formatCount(row.corrected)}
            </td>
            <td class="number" data-label="Against a chargeback">
              {formatCount(row.contradicted)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
