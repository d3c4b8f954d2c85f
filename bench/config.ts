/** The environment that processes started by a bench inherit. */
export const inheritedEnv: Readonly<Record<string, string | undefined>> = process.env;
