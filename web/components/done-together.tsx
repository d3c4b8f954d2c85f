import type { FC } from "hono/jsx";
import type { Together } from "../../pipeline/review/together.ts";
import { formatCount } from "./format.ts";

interface DoneProps {
  readonly done: Together<unknown>;
  /** What was done to them. */
  readonly words: string;
}

/** What became of several cases, and why some were left. */
export const DoneTogether: FC<DoneProps> = ({ done: { done, refused }, words }) => (
  <div class="just-decided" role="status">
    <p>
      {formatCount(done.length)} {words}.
      {refused.length > 0 && ` Left as they are: ${refused.map(({ why }) => why).join("; ")}.`}
    </p>
  </div>
);
