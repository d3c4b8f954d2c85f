/** One line of a Procfile: a process type and the command that runs it. */
export interface ProcfileEntry {
  readonly name: string;
  readonly command: string;
}

/**
 * Parses a Procfile: `name: command` lines, `#` comments and blank lines.
 *
 * @throws Error naming the line that is wrong, or a name that stands twice
 */
export function parseProcfile(text: string): ProcfileEntry[] {
  const entries: ProcfileEntry[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([A-Za-z0-9_-]+):\s*(\S.*)$/.exec(line);
    const [, name, command] = match ?? [];
    if (!name || !command)
      throw new Error(`Procfile line ${index + 1}: expected "name: command", got "${line}"`);
    if (entries.some((entry) => entry.name === name)) {
      throw new Error(`Procfile line ${index + 1}: "${name}" stands twice`);
    }
    entries.push({ name, command });
  }
  if (entries.length === 0) throw new Error("Procfile has no processes");
  return entries;
}
