/** What has values by name. */
export type Named = Readonly<Record<string, unknown>>;

export function isNamed(value: unknown): value is Named {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A value by its name, or by the way to it: `entities.customer` is `customer` in `entities`, unless there is one of that
 * very name.
 *
 * @param way the name, taken apart at its points
 */
export function valueAt(object: Named, name: string, [first = "", ...rest]: readonly string[]): unknown {
  if (rest.length === 0 || Object.hasOwn(object, name)) return own(object, name);
  const outer = own(object, first);
  return isNamed(outer) ? own(outer, rest.join(".")) : undefined;
}

function own(object: Named, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
