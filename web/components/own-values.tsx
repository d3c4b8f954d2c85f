import type { FC } from "hono/jsx";
import type { FieldValue } from "../../domain/entities.ts";
import { utcMoment } from "../../domain/own-values.ts";
import type { DecisionSummary } from "../../pipeline/store/decision-list.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

interface OwnValuesProps {
  readonly decision: Pick<DecisionSummary, "fields" | "entities" | "unknownFields">;
  readonly view: View;
}

/** The fields that a team sends of its own, as they were given; nothing where there are none. */
export const OwnFields: FC<OwnValuesProps> = ({ decision, view }) => (
  <OwnValues
    id="fields"
    title="Fields"
    sub="the payment's own"
    values={decision.fields}
    unread={decision.unknownFields}
    view={view}
  />
);

/** What the payment has in common with others. */
export const OwnEntities: FC<OwnValuesProps> = ({ decision, view }) => (
  <OwnValues
    id="entities"
    title="Entities"
    sub="what it has in common with other payments"
    values={decision.entities}
    view={view}
  />
);

const OwnValues: FC<{
  readonly id: string;
  readonly title: string;
  readonly sub: string;
  readonly values: Readonly<Record<string, FieldValue>> | null;
  /** Names that the model read nothing of. */
  readonly unread?: readonly string[];
  readonly view: View;
}> = ({ id, title, sub, values, unread = [], view }) => {
  const entries = Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return null;
  return (
    <section class="panel case-own" id={`own-${id}`} aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        <span class="sub">{sub}</span>
      </div>
      <dl class="own-values">
        {entries.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <Value value={value} view={view} />
              {unread.includes(name) && <span class="faint small"> not read by the model</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
};

/** Longer texts are folded away. */
const MOST_SHOWN = 80;

const Value: FC<{ readonly value: FieldValue; readonly view: View }> = ({ value, view }) => {
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  if (typeof value === "number") return <>{String(value).replace("-", "−")}</>;
  if (value === "") return <span class="faint">empty</span>;
  if (utcMoment(value) === value) return <When at={new Date(value)} view={view} style="full" />;
  const characters = [...value];
  if (characters.length <= MOST_SHOWN) return <span dir="auto">{value}</span>;
  return (
    <details>
      <summary dir="auto">{characters.slice(0, MOST_SHOWN).join("")}…</summary>
      <span dir="auto">{value}</span>
    </details>
  );
};
