import { containsPan } from "../../domain/pan.ts";
import { LONGEST_VIEW_NAME } from "../../domain/queue-views.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { isStorableText } from "../../platform/process/storable.ts";

/** The name of a view as it is kept, and by what two names are told apart. */
export interface ViewName {
  readonly name: string;
  readonly key: string;
}

/**
 * The name that somebody typed for a view.
 *
 * @throws DomainError `invalid_argument` at `name`
 */
export function viewName(typed: string): ViewName {
  const name = typed.normalize("NFC").trim();
  const length = [...name].length;
  if (length === 0 || length > LONGEST_VIEW_NAME) throw wrong(`needs 1 to ${LONGEST_VIEW_NAME} characters`);
  if (!isStorableText(name) || /\p{C}/u.test(name)) throw wrong("holds a character that cannot be shown");
  if (containsPan(name)) throw wrong("must not contain a card number");
  return { name, key: name.normalize("NFKC").toLowerCase() };
}

function wrong(description: string): DomainError {
  return DomainError.invalid([{ field: "name", description }]);
}
