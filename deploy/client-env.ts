/** Of a database URL's query, what libpq's variables are called. */
const QUERY = {
  PGSSLMODE: "sslmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLCERT: "sslcert",
  PGSSLKEY: "sslkey",
};

/**
 * What `psql`, `pg_dump` and `redis-cli` read from the environment, so that no password has to stand in a command line, which
 * every user of the machine can read: libpq's `PG…` variables and `REDISCLI_AUTH`.
 *
 * @param env `DATABASE_URL` and `REDIS_URL`
 */
export function clientEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {};
  const add = (name: string, value: string | null): void => {
    if (value) result[name] = value;
  };
  const database = readUrl(env["DATABASE_URL"]);
  if (database) {
    add("PGHOST", database.hostname.replace(/^\[|\]$/g, ""));
    add("PGPORT", database.port);
    add("PGUSER", decodeURIComponent(database.username));
    add("PGPASSWORD", decodeURIComponent(database.password));
    add("PGDATABASE", decodeURIComponent(database.pathname.slice(1)));
    for (const [name, of] of Object.entries(QUERY)) add(name, database.searchParams.get(of));
  }
  add("REDISCLI_AUTH", decodeURIComponent(readUrl(env["REDIS_URL"])?.password ?? ""));
  return result;
}

function readUrl(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}
