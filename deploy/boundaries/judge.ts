import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { importsOf } from "./imports.ts";

/** What a room may import. Whatever is not named is refused; its own files need no naming. */
export interface Room {
  /** Its folders (with a slash at the end) and files. Left out: the folder of its name. The longest that fits counts. */
  readonly holds?: readonly string[];
  /** Rooms: `scorer/client`, or `scorer/*` for that room and all within. Rooms that import each other are an error. */
  readonly rooms?: readonly string[];
  readonly packages?: readonly string[];
  /** Pure: not even Node's own modules. */
  readonly pure?: true;
  /** What its tests may import beside all that, vitest, fast-check and everyone's testing helpers. */
  readonly tests?: readonly string[];
  /** It measures from outside: it may import everything, testing helpers too, and nobody may import it. */
  readonly outside?: true;
}

/** What the house has declared. */
export interface Plan {
  readonly rooms: Readonly<Record<string, Room>>;
  /** Packages that a single file may import. */
  readonly only: Readonly<Record<string, string>>;
  /** Packages of package.json that nothing imports, each with who needs it. */
  readonly tools: Readonly<Record<string, string>>;
}

/** A source file, its path from the root. */
export interface Source {
  readonly file: string;
  readonly code: string;
}

/** Something that is not as declared. */
export interface Offence {
  /** `file:line`, or the name of what is wrong. */
  readonly where: string;
  readonly what: string;
}

const TEST_PACKAGES = new Set(["vitest", "fast-check"]);

/** A test or what tests are helped by; it does not run in production. */
const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file);
const isHelper = (file: string): boolean => /(?:^|\/)testing(?:\/|\.tsx?$)/.test(file);

/**
 * Holds every import of the sources against the plan, and the plan against itself: what it allows and nobody needs is an
 * offence too.
 *
 * @param declared names of the dependencies in package.json, development's too
 */
export function judge(sources: readonly Source[], plan: Plan, declared: ReadonlySet<string>): Offence[] {
  const offences = circles(plan);
  const drawnWell = offences.length === 0;
  const roomOf = locator(plan);
  const files = new Set(sources.map(({ file }) => file));
  const used = new Set<string>();
  /** Of each room, the rooms that its files import, and the packages as `npm:name`. */
  const needed = new Map<string, Set<string>>(Object.keys(plan.rooms).map((name) => [name, new Set()]));
  for (const { file, code } of sources) {
    const name = roomOf(file);
    if (name === undefined) {
      offences.push({ where: file, what: "stands in no room that is declared" });
      continue;
    }
    const room = plan.rooms[name] ?? {};
    const forTests = isTest(file) || isHelper(file);
    const granted = [...(room.rooms ?? []), ...(forTests ? (room.tests ?? []) : [])];
    for (const { line, specifier } of importsOf(code)) {
      const refuse = (what: string): number => offences.push({ where: `${file}:${line}`, what });
      const target = fileOf(file, specifier, files);
      if (target !== undefined) {
        const other = roomOf(target);
        if (other === undefined || room.outside) continue;
        needed.get(name)?.add(other);
        if (isHelper(target)) {
          if (!forTests) refuse(`${target} helps tests; ${name} runs in production`);
        } else if (plan.rooms[other]?.outside) {
          if (other !== name) refuse(`${target}: nobody imports ${other}`);
        } else if (other !== name && !covers(granted, other)) {
          refuse(`${target}: ${name} may import ${listed(granted)}, not ${other}`);
        }
        continue;
      }
      if (specifier.startsWith(".") || specifier.startsWith("#")) continue;
      if (isBuiltin(specifier)) {
        if (room.pure && !forTests) refuse(`${specifier}: ${name} is pure and imports no module of Node's`);
        continue;
      }
      const dependency = packageOf(specifier);
      used.add(dependency);
      needed.get(name)?.add(`npm:${dependency}`);
      if (!declared.has(dependency)) refuse(`${dependency} is no dependency in package.json`);
      const owner = plan.only[dependency];
      const allowed = room.packages ?? [];
      if (owner !== undefined) {
        if (owner !== file) refuse(`${dependency}: only ${owner} imports it`);
      } else if (
        !room.outside &&
        !allowed.includes(dependency) &&
        !(forTests && (TEST_PACKAGES.has(dependency) || room.tests?.includes(`npm:${dependency}`)))
      ) {
        refuse(`${dependency}: ${name} may import ${listed(allowed)} from npm`);
      }
    }
  }
  for (const dependency of declared) {
    if (!used.has(dependency) && plan.tools[dependency] === undefined) {
      offences.push({ where: "package.json", what: `${dependency} is imported by nobody` });
    }
  }
  for (const tool of Object.keys(plan.tools)) {
    if (!declared.has(tool)) offences.push({ where: tool, what: "a tool that package.json does not have" });
  }
  return drawnWell ? [...offences, ...needless(plan, needed)] : offences;
}

/** Rooms and packages that a room may import and does not. */
function needless({ rooms }: Plan, needed: ReadonlyMap<string, ReadonlySet<string>>): Offence[] {
  return Object.entries(rooms).flatMap(([where, room]) => {
    const names = [...(needed.get(where) ?? [])];
    const granted = [
      ...[...(room.rooms ?? []), ...(room.tests ?? [])],
      ...(room.packages ?? []).map((name) => `npm:${name}`),
    ];
    return granted
      .filter((one) => !names.some((name) => covers([one], name)))
      .map((one) => ({ where, what: `may import ${one.replace("npm:", "")}, and does not: take it out` }));
  });
}

/** The room of a file: that with the longest name of a folder or file that fits. */
function locator({ rooms }: Plan): (file: string) => string | undefined {
  const places = Object.entries(rooms)
    .flatMap(([name, { holds = [`${name}/`] }]) => holds.map((place) => ({ name, place })))
    .sort((a, b) => b.place.length - a.place.length);
  return (file) =>
    places.find(({ place }) => (place.endsWith("/") ? file.startsWith(place) : file === place))?.name;
}

function covers(granted: readonly string[], room: string): boolean {
  return granted.some(
    (name) =>
      name === room ||
      (name.endsWith("/*") && (room === name.slice(0, -2) || room.startsWith(name.slice(0, -1)))),
  );
}

/** The source file that a specifier leads to; undefined for packages and for what is no source. */
function fileOf(from: string, specifier: string, files: ReadonlySet<string>): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  const path = posix.join(posix.dirname(from), specifier);
  return files.has(path) ? path : undefined;
}

/** `@grpc/grpc-js` of `@grpc/grpc-js/build/x.js`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}

/** What is wrong with the plan itself: rooms that are not there, and circles, of rooms and of the floors they are on. */
function circles({ rooms }: Plan): Offence[] {
  const names = Object.keys(rooms);
  const offences: Offence[] = [];
  const fine = new Map<string, Set<string>>();
  const coarse = new Map<string, Set<string>>();
  for (const [name, { rooms: granted = [], tests = [] }] of Object.entries(rooms)) {
    for (const one of [...granted, ...tests.filter((test) => !test.startsWith("npm:"))]) {
      if (!names.some((other) => covers([one], other))) {
        offences.push({ where: name, what: `may import ${one}, which is no room` });
      }
    }
    for (const other of names) {
      if (other === name || !covers(granted, other)) continue;
      link(fine, name, other);
      if (floorOf(other) !== floorOf(name)) link(coarse, floorOf(name), floorOf(other));
    }
  }
  const circle = circleIn(fine) ?? circleIn(coarse);
  if (circle) offences.push({ where: circle.join(" → "), what: "rooms import each other in a circle" });
  return offences;
}

function floorOf(room: string): string {
  return room.split("/", 1)[0] ?? room;
}

function link(graph: Map<string, Set<string>>, from: string, to: string): void {
  const found = graph.get(from) ?? new Set();
  graph.set(from, found.add(to));
}

/** The first circle that is met, its first room once more at the end. */
function circleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const walk = (at: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(at)) return [...way.slice(way.indexOf(at)), at];
    if (done.has(at)) return undefined;
    for (const next of graph.get(at) ?? []) {
      const circle = walk(next, [...way, at]);
      if (circle) return circle;
    }
    done.add(at);
    return undefined;
  };
  for (const start of graph.keys()) {
    const circle = walk(start, []);
    if (circle) return circle;
  }
  return undefined;
}
