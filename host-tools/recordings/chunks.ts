// Reads text files in chunks of complete lines, so that files may be larger than memory. A line break within quotes does not
// end a line.
import { closeSync, openSync, readSync } from "node:fs";
import { UserError } from "../terminal/errors";

const CHUNK = 1 << 20;
/** Maximum length of a line: longer ones are not tables of samples. */
const MAX_LINE = 1 << 24;

const quotes = (text: string) => text.split('"').length - 1;

/** Chunks of the file, each ending with a line break, except perhaps the last. */
export function* chunks(path: string, quoted = true): Generator<string> {
	const file = openSync(path, "r");
	try {
		const decoder = new TextDecoder("utf-8"); // drops a byte order mark
		const buffer = new Uint8Array(CHUNK);
		let rest = "";
		for (let first = true; ; first = false) {
			const length = readSync(file, buffer);
			const text = decoder.decode(buffer.subarray(0, length), { stream: length > 0 });
			if (text.includes("\0"))
				throw new UserError(
					`${path} is not text in UTF-8; save it as UTF-8.${first ? "" : " Its beginning is."}`,
				);
			rest += text;
			if (!length) break;
			let end = rest.lastIndexOf("\n") + 1;
			while (quoted && end > 0 && quotes(rest.slice(0, end)) % 2) end = rest.lastIndexOf("\n", end - 2) + 1;
			if (end > 0) yield rest.slice(0, end);
			rest = rest.slice(end);
			if (rest.length > MAX_LINE)
				throw new UserError(
					`${path} has a line of more than ${MAX_LINE} characters; it is not a table of samples.`,
				);
		}
		if (rest) yield rest;
	} finally {
		closeSync(file);
	}
}

/** The first item, or undefined when there is none; closes the file that a generator reads from. */
export function firstOf<T>(items: Generator<T>): T | undefined {
	for (const item of items) return item;
	return undefined;
}
