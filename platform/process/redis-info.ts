/**
 * What Redis' INFO says, by name.
 *
 * @returns reads a line's value; "" for a name that is not there
 */
export function readInfo(info: string): (name: string) => string {
  const said = new Map(info.split(/\r?\n/).map((line) => [line.split(":", 1)[0], line.split(":")[1] ?? ""]));
  return (name) => said.get(name) ?? "";
}
