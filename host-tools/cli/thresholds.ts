// Settings of a stream as text.
import { BACKGROUND, type Reporting } from "../../src/network/stream";
import type { LabelThreshold } from "../streams/thresholds";
import { percent, table } from "../terminal/output";
import { printable } from "../terminal/printable";

const of = (part: number, all: number) => (all ? `${percent(part / all)} of ${all}` : "none held out");

export function thresholdTable(all: readonly LabelThreshold[]): string {
	return table([
		["label", "reported above a margin of", "reported of its own", "of others"],
		...all.map(({ label, background, margin, own, kept, others, falseAlarms }) =>
			background
				? [printable(label), "never: background", "", ""]
				: [
						printable(label),
						margin === null ? "any" : margin.toPrecision(3),
						of(kept, own),
						of(falseAlarms, others),
					],
		),
	]);
}

/** Settings in a blob, by the names of the flags. */
export function streamText(
	{ window, hop, smoothing, hold, thresholds }: Reporting,
	labels: readonly string[],
): string {
	const of = labels.map((label, k) => ({ label: printable(label), least: thresholds[k]! }));
	const sure = of.filter(({ least }) => least !== BACKGROUND).map(({ label, least }) => `${label} ${least}`);
	const none = of.filter(({ least }) => least === BACKGROUND).map(({ label }) => label);
	return `window ${window || "as long as it can"}, hop ${hop || "the window"}, smoothing ${smoothing}, hold ${hold}; thresholds ${sure.join(", ") || "none"}; background ${none.join(", ") || "none"}`;
}
