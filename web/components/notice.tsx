import type { FC } from "hono/jsx";

/** Something to tell the person where they look; it stays until they put it away. */
export interface PageNotice {
  readonly kind: "problem" | "warning";
  readonly text: string;
}

/** A notice; assets/notices.js makes the button work, and makes the same markup for what the server cannot say. */
export const Notice: FC<{ readonly notice: PageNotice }> = ({ notice }) => (
  <div class="notice" data-kind={notice.kind} role="alert">
    <p>{notice.text}</p>
    <button type="button" class="button" data-dismiss>
      Dismiss
    </button>
  </div>
);
