// Text files from an untrusted zip archive, in memory and within limits. No paths are written anywhere.
import { unzipSync } from "fflate";
import { UserError } from "../terminal/errors";

/** Entries per archive, wanted or not; the largest known set has about 100. */
const MAX_ENTRIES = 10_000;
/** Nested archives; UCI-HAR has one. */
const MAX_INNER = 4;
/** Bytes of one text; the largest in UCI-HAR has 15 MB. */
const MAX_TEXT = 2 ** 25;
/** Bytes unpacked from all archives together; UCI-HAR takes 251 MB, 61 of them for its inner archive. */
const MAX_UNPACKED = 3 * 2 ** 27;

const isArchive = (path: string) => path.endsWith(".zip");

/**
 * The texts of the wanted files by their paths. A nested archive is opened too (UCI packs like this), but only one level.
 *
 * @param name of the archive, for messages
 * @throws UserError when it is damaged, contains a wanted file twice, or is larger than any known set
 */
export function readZip(
	archive: Uint8Array,
	name: string,
	wanted: (path: string) => boolean,
): Map<string, string> {
	const seen = new Set<string>();
	let inner = 0;
	let unpacked = 0; // over all archives, so that many small ones cannot add up
	const unzip = (bytes: Uint8Array, where: string, outer: boolean): [path: string, bytes: Uint8Array][] => {
		const refuse = (what: string): never => {
			throw new UserError(`${where} ${what}; no known data set does; this is a different archive.`);
		};
		let entries = 0;
		try {
			const files = unzipSync(bytes, {
				filter: ({ name: path, size, originalSize }) => {
					if (++entries > MAX_ENTRIES) refuse(`has more than ${MAX_ENTRIES} entries`);
					if (isArchive(path) ? !outer : !wanted(path)) return false;
					if (seen.has(path)) refuse(`holds "${path}" a second time`);
					seen.add(path);
					if (isArchive(path) && ++inner > MAX_INNER) refuse(`holds more than ${MAX_INNER} archives`);
					// fflate copies `size` stored bytes, or inflates into a buffer of exactly `originalSize`.
					const most = Math.max(size, originalSize);
					if (!isArchive(path) && most > MAX_TEXT)
						refuse(`holds "${path}", which unpacks to more than ${MAX_TEXT} bytes`);
					unpacked += most;
					if (unpacked > MAX_UNPACKED) refuse(`unpacks to more than ${MAX_UNPACKED} bytes`);
					return true;
				},
			});
			return Object.entries(files);
		} catch (error) {
			if (error instanceof UserError) throw error;
			throw new UserError(
				`${where} is not a valid zip archive (${(error as Error).message}); fetch it again.`,
			);
		}
	};
	const texts = new Map<string, string>();
	const read = (bytes: Uint8Array, where: string, outer: boolean) => {
		for (const [path, content] of unzip(bytes, where, outer))
			if (isArchive(path)) read(content, `${path} in ${name}`, false);
			else texts.set(path, Buffer.from(content).toString("utf8"));
	};
	read(archive, name, true);
	return texts;
}
