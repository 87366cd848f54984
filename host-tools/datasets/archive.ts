// Text files out of a zip archive that came from elsewhere, in memory and within bounds. No paths are written anywhere.
import { unzipSync } from "fflate";
import { UserError } from "../terminal/errors";

/** Most bytes that the wanted files may unpack to together. */
const MAX_UNPACKED = 2 ** 29;

function unzip(archive: Uint8Array, name: string, wanted: (path: string) => boolean) {
	let total = 0;
	try {
		return unzipSync(archive, {
			filter: (file) => {
				if (!wanted(file.name)) return false;
				// fflate unpacks into a buffer of this size and no other.
				total += file.originalSize;
				if (total > MAX_UNPACKED)
					throw new UserError(`${name} unpacks to more than ${MAX_UNPACKED} bytes; it is another archive.`);
				return true;
			},
		});
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${name} is not a whole zip archive (${(error as Error).message}); fetch it again.`);
	}
}

/**
 * The texts of the wanted files by their paths; an archive within the archive is opened too (UCI packs like this), one within
 * that is not.
 *
 * @param name of the archive, for messages
 * @throws UserError when it is damaged or too large
 */
export function readZip(
	archive: Uint8Array,
	name: string,
	wanted: (path: string) => boolean,
): Map<string, string> {
	const texts = new Map<string, string>();
	const add = (files: Record<string, Uint8Array>) => {
		for (const [path, bytes] of Object.entries(files))
			if (!path.endsWith(".zip")) texts.set(path, Buffer.from(bytes).toString("utf8"));
	};
	const outer = unzip(archive, name, (path) => wanted(path) || path.endsWith(".zip"));
	add(outer);
	for (const [path, bytes] of Object.entries(outer))
		if (path.endsWith(".zip")) add(unzip(bytes, `${path} in ${name}`, wanted));
	return texts;
}
