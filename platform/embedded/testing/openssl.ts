import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { dataDir, searchPath } from "../../process/config.ts";
import { findOrInstall } from "../debian-package.ts";

const run = promisify(execFile);

/**
 * Runs Debian's openssl, which tests make certificates with; installed when it is missing.
 *
 * @param folder where it runs: relative file names are in it
 * @throws its complaint when it fails
 */
export async function openssl(folder: string, ...args: readonly string[]): Promise<void> {
  const program = await findOrInstall({
    command: "openssl",
    packages: ["openssl"],
    folder: join(dataDir(), "packages"),
    path: searchPath(),
    say: () => {},
    instruction: "Install openssl with your package manager.",
  });
  // A configuration of its own: an unpacked openssl does not find Debian's.
  const config = join(folder, "openssl.cnf");
  await writeFile(config, "[req]\ndistinguished_name = name\n[name]\n");
  await run(program.file, args, { cwd: folder, env: { ...program.env, OPENSSL_CONF: config } });
}

/** Makes `NAME.key` and a self-signed `NAME.crt` that may sign others, valid for ninety days. */
export async function certificateAuthority(folder: string, name: string): Promise<void> {
  await openssl(
    folder,
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"],
    ...["-subj", `/CN=${name}`, "-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-keyout", `${name}.key`, "-out", `${name}.crt`],
  );
}

/** Makes `NAME.key` and `NAME.crt`, signed by an authority of {@link certificateAuthority}; names as openssl's SAN. */
export async function signedCertificate(
  folder: string,
  name: string,
  authority: string,
  subjectAltName: string,
): Promise<void> {
  await openssl(
    folder,
    ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`],
    ...["-addext", `subjectAltName=${subjectAltName}`, "-keyout", `${name}.key`, "-out", `${name}.csr`],
  );
  await openssl(
    folder,
    ...["x509", "-req", "-in", `${name}.csr`, "-CA", `${authority}.crt`, "-CAkey", `${authority}.key`],
    ...["-CAcreateserial", "-days", "90", "-copy_extensions", "copy", "-out", `${name}.crt`],
  );
}
