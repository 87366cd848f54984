// Hashes of files.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** SHA-256 of a file in hexadecimal. */
export function hashFile(path: string): string {
	return createHash("sha256").update(readFileSync(path)).digest("hex");
}
