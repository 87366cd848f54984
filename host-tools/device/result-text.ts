// A result of the stream for people and for programs, by what the model's outputs mean.
import { OutputKind } from "../../src/link/commands";
import type { OutputMeaning } from "../../src/link/server";
import type { ResultEvent } from "./events";

/** @param labels of the model @returns a line of text, and the fields of a JSON object */
export function describeResult(
	event: ResultEvent,
	labels: readonly string[],
	{ kind, threshold, release, scaling }: OutputMeaning,
): { text: string; fields: object } {
	const { index, margin, alarm, changed } = event;
	const outputs = [...event.outputs];
	if (kind === OutputKind.VALUES) {
		const values = scaling.map(({ scale, offset, unit }, k) => ({
			name: labels[k] ?? `output ${k}`,
			value: (outputs[k] ?? Number.NaN) * scale + offset,
			unit,
		}));
		const text = values.map(
			({ name, value, unit }) => `${name} ${value.toPrecision(5)}${unit && ` ${unit}`}`,
		);
		return {
			text: outputs.length ? text.join("  ") : "more values than a frame can carry",
			fields: { type: "result", values: outputs.length ? values : [], outputs },
		};
	}
	if (kind === OutputKind.ALARM) {
		const scores = { score: margin, threshold, release };
		return changed
			? {
					text: `alarm ${alarm ? "begins" : "ends"}  score ${margin}`,
					fields: { type: "alarm", alarm, ...scores },
				}
			: {
					text: `score ${margin}, alarm at ${threshold}${alarm ? "  alarm is on" : ""}`,
					fields: { type: "result", alarm, ...scores, outputs },
				};
	}
	const label = labels[index] ?? String(index);
	return { text: `${label}  margin ${margin}`, fields: { type: "result", label, index, margin, outputs } };
}
