import { ALL_RIGHTS, type Right, ROLE_NAMES, ROLES, rightRow } from "./rights.ts";

const conditionsOf = (right: Right): string => {
  const { fourEyes, stepUp, peopleOnly } = rightRow(right);
  const all = [
    ...(stepUp ? ["fresh proof"] : []),
    ...(fourEyes ? ["second person"] : []),
    ...(peopleOnly ? ["no API key"] : []),
  ];
  return all.join(", ");
};

/** docs/roles.md: the table of right × role as people read it. `npm run roles` writes it, a test holds it to this. */
export function rolesPage(): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rows = ALL_RIGHTS.map((right) =>
    line([
      `\`${right}\``,
      rightRow(right).allows,
      ...ROLES.map((role) => (rightRow(right).roles.includes(role) ? "●" : "")),
      conditionsOf(right),
    ]),
  );
  return `# Roles and rights
Made by \`npm run roles\` from [\`domain/rights.ts\`](../domain/rights.ts), the one table that pages, API, gRPC and keys read; do not edit. Roles do not contain each other. Which right a route asks for is in [\`web/testing/route-rights.ts\`](../web/testing/route-rights.ts), held against every route and every role by \`web/rights.redis.postgres.test.ts\`.

${line(["Right", "Lets one", ...ROLES.map((role) => ROLE_NAMES[role]), "Conditions"])}
${line(["---", "---", ...ROLES.map(() => ":-:"), "---"])}
${rows.join("\n")}

*Fresh proof*: whoever acts has signed in, or confirmed who they are, within \`STEP_UP_MINUTES\` (15). *Second person*: it waits on the team page until another admin agrees, where there is more than one who can sign in. *No API key*: people only; every other right may be given to a key as a scope.

One's own account (name, password, second step, sessions) needs no right, only a session.
`;
}
