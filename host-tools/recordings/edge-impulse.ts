// Files that Edge Impulse exports and ingests: one JSON file per sample, with sensors, units and interval; the label is the
// first part of the file name. Its CBOR form is not supported.
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { UserError } from "../terminal/errors";
import type { Block, Format } from "./recording";

const MAX_BYTES = 2 ** 28;
const Exported = z.object({
	payload: z.object({
		interval_ms: z.number().positive(),
		sensors: z
			.array(z.object({ name: z.string(), units: z.string().default("") }))
			.min(1)
			.max(256),
		values: z.array(z.union([z.number(), z.array(z.number())])).min(1),
	}),
});

/** "N/A" and similar are not units. */
const unitOf = (text: string) => (/^n\/?a$/i.test(text) ? "" : text);

export const edgeImpulse: Format = {
	extensions: ["json"],
	open(path, { hz }) {
		if (statSync(path).size > MAX_BYTES) throw new UserError(`${path} is larger than ${MAX_BYTES} bytes.`);
		let json: unknown;
		try {
			json = JSON.parse(readFileSync(path, "utf8"));
		} catch {
			throw new UserError(`${path} is not JSON.`);
		}
		const read = Exported.safeParse(json);
		if (!read.success) {
			const { path: at, message } = read.error.issues[0]!;
			const where = at.length ? `${at.join(".")}: ` : "";
			throw new UserError(
				`${path} is not a sample of Edge Impulse: ${where}${message.replace("undefined", "nothing")}.`,
			);
		}
		const { interval_ms, sensors, values } = read.data.payload;
		const where = (step: number) => `Step ${step} of ${path}`;
		const numbers = new Float64Array(values.length * sensors.length);
		values.forEach((value, i) => {
			const row = Array.isArray(value) ? value : [value];
			if (row.length !== sensors.length)
				throw new UserError(`${where(i)} has ${row.length} values for ${sensors.length} sensors.`);
			numbers.set(row, i * sensors.length);
		});
		const rate = Number((1000 / interval_ms).toPrecision(6));
		if (hz !== undefined && Math.abs(hz / rate - 1) > 0.005)
			throw new UserError(`${path} states ${rate} samples per second, not ${hz}; leave --hz out.`);
		const label = basename(path).split(".").slice(0, -1)[0];
		const block: Block = { count: values.length, values: numbers, where };
		return {
			path,
			channels: sensors.map(({ name, units }) => ({ name, unit: unitOf(units) })),
			rate,
			...(label && { label }),
			assumed: [],
			*blocks() {
				yield block;
			},
		};
	},
};
