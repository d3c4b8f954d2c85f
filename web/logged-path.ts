/** As long as what is random and secret is; our own words and ids of cases are shorter. */
const SECRET = /^[\w-]{32,}$/;

/**
 * A request's path as it may be logged: without what may be a secret (the token of a sign-in link). Card numbers are
 * taken out of every line of the log.
 */
export function loggedPath(path: string): string {
  return path
    .split("/")
    .map((part) => (SECRET.test(part) ? "[…]" : part))
    .join("/");
}
