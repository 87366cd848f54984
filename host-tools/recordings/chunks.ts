// Text files in pieces of whole lines, so that files longer than memory can be read. A line break within quotes ends no line.
import { closeSync, openSync, readSync } from "node:fs";
import { UserError } from "../terminal/errors";

const CHUNK = 1 << 20;
/** Longest line: more is not a table of samples. */
const MAX_LINE = 1 << 24;

const quotes = (text: string) => text.split('"').length - 1;

/** Pieces of the file, each ending with a line break, except perhaps the last. */
export function* chunks(path: string, quoted = true): Generator<string> {
	const file = openSync(path, "r");
	try {
		const decoder = new TextDecoder("utf-8"); // leaves a byte order mark out
		const buffer = new Uint8Array(CHUNK);
		let rest = "";
		for (let first = true; ; first = false) {
			const length = readSync(file, buffer);
			const text = decoder.decode(buffer.subarray(0, length), { stream: length > 0 });
			if (text.includes("\0"))
				throw new UserError(
					`${path} is not text in UTF-8; save it as UTF-8.${first ? "" : " It begins as such."}`,
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
