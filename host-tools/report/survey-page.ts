// Statistics of a data set as a page.
import type { Survey } from "../datasets/survey";
import { document, figure, grouped, harmless, paragraph, section, table, tile } from "./html";

const short = (x: number) => String(Number(x.toPrecision(4)));
const percent = (part: number) => `<span class="n">${(100 * part).toFixed(1)} %</span>`;

/** A bar proportional to a count, relative to the maximum. */
function bar(count: number, most: number): string {
	const width = most ? Math.round((200 * count) / most) : 0;
	return `<svg viewBox="0 0 200 12" style="width:clamp(2.5rem,14vw,12rem)" role="img" aria-label="${grouped(count)}"><rect width="${width}" height="12" fill="currentColor" opacity=".55"/></svg>`;
}

/** @param labels names of the strata */
export function surveyPage(survey: Survey, labels: readonly string[]): string {
	const { name, rate, channels, splits, warnings } = survey;
	const most = Math.max(...splits.flatMap(({ strata }) => strata));
	return document(name, [
		`<h1>${harmless(name)}</h1>`,
		`<div class="tiles">${[
			...splits.map(({ split, count, shortest, longest }, i) =>
				tile(
					`sequences, ${harmless(split)}`,
					figure(`splits.${i}.count`, count),
					shortest === longest ? `${longest} steps each` : `${shortest} to ${longest} steps`,
				),
			),
			tile("channels", String(channels.length)),
			tile("samples per second", rate === null ? "unknown" : short(rate)),
		].join("")}</div>`,
		section(
			"What looks wrong",
			warnings.length
				? `<ul>${warnings.map((text) => `<li>${harmless(text)}</li>`).join("")}</ul>`
				: paragraph("Nothing."),
		),
		...(labels.length
			? [
					section(
						"Labels",
						table(
							["", ...splits.flatMap(({ split }) => [harmless(split), ""])],
							labels.map((label, k) => [
								harmless(label),
								...splits.flatMap(({ strata }, i) => [
									figure(`splits.${i}.strata.${k}`, strata[k] ?? 0),
									bar(strata[k] ?? 0, most),
								]),
							]),
						),
					),
				]
			: []),
		section(
			"Channels",
			table(
				["", "min", "max", "mean", "standard devia&shy;tion", "at range end", "con&shy;stant"],
				channels.map((channel) => [
					harmless(channel.name),
					...[channel.min, channel.max, channel.mean, channel.std].map(short),
					...[channel.clipped, channel.still].map(percent),
				]),
			),
			paragraph("Constant: sequences in which the channel never changes."),
		),
	]);
}
