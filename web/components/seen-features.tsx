import type { FC } from "hono/jsx";
import { type Meaning, meaningOf, valueWords } from "../../domain/features/meaning.ts";
import type { DecisionDetail, SeenFeatures as Seen } from "../../pipeline/store/decision-list.ts";

/** Said where a payment was scored while the feature store was away. */
export const WithoutHistory: FC<{ readonly decision: Pick<DecisionDetail, "withoutHistory"> }> = ({
  decision,
}) =>
  decision.withoutHistory ? (
    <p class="without-history">
      <strong>Scored without history:</strong> the feature store was away. What its customer, card or terminal
      did before did not count.
    </p>
  ) : null;

/** What the model read when it scored, with the schema's names, units and meaning; folded. Nothing where it was not kept. */
export const SeenFeatures: FC<{ readonly decision: Pick<DecisionDetail, "seen" | "withoutHistory"> }> = ({
  decision: { seen, withoutHistory },
}) => {
  if (!seen) return null;
  return (
    <section class="panel case-own" aria-labelledby="seen-title">
      <details id="seen" class="seen">
        <summary class="panel-head">
          <h2 id="seen-title">What the model read</h2>
          <span class="sub">
            {seen.values.length} numbers, as they were when it scored
            {withoutHistory && ", without history"}
          </span>
        </summary>
        {seen.inputs ? (
          <dl class="own-values">
            {seen.inputs.columns.map((name, i) => (
              <Column name={name} value={seen.values[i] ?? null} inputs={seen.inputs} />
            ))}
          </dl>
        ) : (
          <p class="panel-body soft">
            Their names are not known yet: the scorer has not said what this version reads.
          </p>
        )}
      </details>
    </section>
  );
};

const Column: FC<{
  readonly name: string;
  readonly value: number | null;
  readonly inputs: Seen["inputs"];
}> = ({ name, value, inputs }) => {
  const { title, unit }: Meaning = inputs?.schema
    ? meaningOf(name, inputs.schema)
    : { title: name, unit: "" };
  return (
    <div>
      <dt>
        {title}
        {title !== name && <span class="faint mono small"> {name}</span>}
      </dt>
      <dd>{value === null ? <span class="faint">not finite</span> : valueWords(value, unit)}</dd>
    </div>
  );
};
