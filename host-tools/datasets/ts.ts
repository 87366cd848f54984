// Reads the .ts files of timeseriesclassification.com: one line per sequence, channels separated by colons, steps by commas, the label
// last; a header of @tags (https://www.aeon-toolkit.org, "The .ts file format"). Not time stamps, missing values or regression.
import { toNumber } from "../recordings/numbers";
import { UserError } from "../terminal/errors";
import type { Row } from "./sequences";

/** Tag values of unsupported files. */
const REFUSED: Record<string, { value: string; why: string }> = {
	timestamps: { value: "true", why: "has time stamps; only evenly sampled sequences are read" },
	missing: { value: "true", why: "has missing values; fill them first" },
	classlabel: { value: "false", why: "has no class labels" },
	targetlabel: { value: "true", why: "is for regression; only class labels are read" },
};

/** Sequence `line` (without its label) as values of (steps, channels). */
function readChannels(channels: string[], where: string): number[] {
	const columns = channels.map((text) => text.split(","));
	const steps = columns[0]!.length;
	columns.forEach((column, c) => {
		if (column.length !== steps)
			throw new UserError(`${where} has ${steps} steps in channel 0, but ${column.length} in channel ${c}.`);
	});
	const values: number[] = [];
	for (let t = 0; t < steps; t++)
		columns.forEach((column, c) => {
			values.push(toNumber(column[t]!.trim(), where, t, c));
		});
	return values;
}

/**
 * The sequences of one .ts file.
 *
 * @param name of the file, for messages
 * @throws UserError naming the line, step and channel that is wrong
 */
export function parseTs(text: string, name: string): Row[] {
	const rows: Row[] = [];
	let inData = false;
	for (const [i, raw] of text.split("\n").entries()) {
		const line = raw.trim();
		if (!line || line.startsWith("#")) continue;
		if (!inData) {
			const [tag = "", value = ""] = line.slice(1).toLowerCase().split(/\s+/);
			if (!line.startsWith("@"))
				throw new UserError(
					`Line ${i + 1} of ${name} is not a @tag of a .ts file; is it a different format?`,
				);
			if (REFUSED[tag]?.value === value) throw new UserError(`${name} ${REFUSED[tag].why}.`);
			inData = tag === "data";
			continue;
		}
		const where = `Line ${i + 1} of ${name}`;
		const fields = line.split(":");
		const label = fields.pop()!.trim();
		if (!fields.length || !label)
			throw new UserError(`${where} needs at least one channel and, after a colon, a label.`);
		rows.push({ label, where, channels: fields.length, values: readChannels(fields, where) });
	}
	return rows;
}
