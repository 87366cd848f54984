// The state file of a training run: everything needed to resume as if it had not stopped. One line of JSON, then doubles,
// little-endian. Internal format: for exchange, use checkpoints.
import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { writeWhole } from "../files/write";
import { UserError } from "../terminal/errors";

const FORMAT = "edge-ssm.training.v1";
const MAX_FILE = 2 ** 30;
const Header = z.object({
	format: z.literal(FORMAT),
	arrays: z
		.array(
			z.tuple([
				z.string(),
				z
					.int()
					.min(0)
					.max(2 ** 27),
			]),
		)
		.max(32),
	content: z.unknown(),
});

/** @param content plain data @param arrays by name */
export function writeState(path: string, content: unknown, arrays: Record<string, Float64Array>): void {
	const entries = Object.entries(arrays);
	const header = { format: FORMAT, arrays: entries.map(([name, a]) => [name, a.length]), content };
	const parts = [Buffer.from(JSON.stringify(header) + "\n")];
	for (const [, array] of entries) {
		const bytes = Buffer.alloc(array.length * 8);
		array.forEach((value, i) => {
			bytes.writeDoubleLE(value, i * 8);
		});
		parts.push(bytes);
	}
	writeWhole(path, Buffer.concat(parts));
}

/** @throws UserError when there is no such file or it is incomplete */
export function readState(path: string): { content: unknown; arrays: Record<string, Float64Array> } {
	const size = statSync(path, { throwIfNoEntry: false })?.size;
	if (size === undefined)
		throw new UserError(
			`There is no training state at ${path} to resume from; train without resuming first.`,
		);
	const damaged = new UserError(`${path} is damaged; start the training over.`);
	if (size > MAX_FILE) throw damaged;
	const bytes = readFileSync(path);
	const end = bytes.indexOf(10);
	let json: unknown;
	try {
		json = JSON.parse(bytes.toString("utf8", 0, end));
	} catch {
		throw damaged;
	}
	const header = Header.safeParse(json);
	if (!header.success) throw damaged;
	const arrays: Record<string, Float64Array> = {};
	let at = end + 1;
	for (const [name, length] of header.data.arrays) {
		if (at + length * 8 > bytes.length) throw damaged;
		arrays[name] = Float64Array.from({ length }, (_, i) => bytes.readDoubleLE(at + i * 8));
		at += length * 8;
	}
	if (at !== bytes.length) throw damaged;
	return { content: header.data.content, arrays };
}
