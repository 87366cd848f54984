// The key that firmware of the tests trusts, the same in each run, so that its firmware is built once: RFC 8032, section 7.1,
// test 1.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./xs-run";

const PRIVATE =
	"302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
export const PEM = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(PRIVATE, "hex").toString("base64")}\n-----END PRIVATE KEY-----\n`;

/** A file with the key, or another text, for the test that runs. */
export function keyFile(pem = PEM): string {
	const path = join(temporaryFolder(), "key");
	writeFileSync(path, pem);
	return path;
}
