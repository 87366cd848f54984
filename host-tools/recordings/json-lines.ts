// JSON lines: one object per step, such as {"time": 0.02, "acc": [0.1, 0.2, 9.8], "label": "wave"}; lists become several
// channels.
import { z } from "zod";
import { UserError } from "../terminal/errors";
import { chunks, firstOf } from "./chunks";
import type { Format } from "./recording";
import { type Line, tableRecording } from "./table";

const Field = z.union([z.number(), z.string()]);
const Step = z.record(z.string(), z.union([Field, z.array(Field).min(1)]));

/** Names and texts of a step's fields. */
function fieldsOf(step: z.infer<typeof Step>): [string, string][] {
	return Object.entries(step).flatMap(([name, value]): [string, string][] =>
		Array.isArray(value) ? value.map((item, i) => [`${name} ${i}`, String(item)]) : [[name, String(value)]],
	);
}

function parseStep(text: string, where: string): z.infer<typeof Step> {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		throw new UserError(`${where} is not JSON.`);
	}
	const step = Step.safeParse(json);
	if (step.success) return step.data;
	throw new UserError(`${where} is not an object of numbers and texts: ${step.error.issues[0]!.message}.`);
}

export const jsonLines: Format = {
	extensions: ["jsonl", "ndjson"],
	open(path, options) {
		const steps = function* (): Generator<[[string, string][], number]> {
			let number = 0;
			for (const chunk of chunks(path, false))
				for (const text of chunk.split("\n")) {
					if (text.trim()) yield [fieldsOf(parseStep(text, `Line ${number + 1} of ${path}`)), number + 1];
					number++;
				}
		};
		const header = (firstOf(steps())?.[0] ?? []).map(([name]) => name);
		const lines = function* (): Generator<Line> {
			for (const [fields, number] of steps()) {
				const names = fields.map(([name]) => name);
				if (names.length === header.length && names.some((name, i) => name !== header[i]))
					throw new UserError(
						`Line ${number} of ${path} has the fields ${names.join(", ")} where the first line has ${header.join(", ")}.`,
					);
				yield { fields: fields.map(([, text]) => text), number };
			}
		};
		return tableRecording({ path, header, lines, assumed: [] }, options);
	},
};
