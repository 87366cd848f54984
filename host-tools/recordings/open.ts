// Opens any recording: the extension decides the format.
import { statSync } from "node:fs";
import { extname } from "node:path";
import { UserError } from "../terminal/errors";
import * as FORMATS from "./formats";
import type { Format, ReadOptions, Recording } from "./recording";

const formats: Format[] = Object.values(FORMATS);
const BY_EXTENSION = new Map(formats.flatMap((format) => format.extensions.map((e) => [`.${e}`, format])));

/** Whether a file name is that of a recording. */
export const isRecording = (name: string) => BY_EXTENSION.has(extname(name).toLowerCase());

/** @throws UserError naming file and line */
export function openRecording(path: string, options: ReadOptions = {}): Recording {
	const format = BY_EXTENSION.get(extname(path).toLowerCase());
	if (!format)
		throw new UserError(
			`${path} is not a supported recording; supported are ${[...BY_EXTENSION.keys()].join(", ")}.`,
		);
	if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new UserError(`There is no file ${path}.`);
	return format.open(path, options);
}
