// A study as text: published figures next to ours.
import { heading, table } from "../terminal/output";
import type { Comparison } from "./cache";
import type { Bench } from "./measure";
import type { StudyRow } from "./study";

const published = (figure: number | null) => (figure === null ? "" : String(figure));

/** @param trained what rows without a trained figure show, if they are of the kind that is trained */
export function studyTables(
	rows: readonly StudyRow[],
	{ float, quality: { figures } }: Pick<Bench, "float" | "quality">,
	trained: string,
): string {
	const names = Object.keys(figures(float));
	const theirs = rows.some(({ literature }) => literature.untrained !== null || literature.trained !== null);
	const shown = (measurement: Comparison | null, without: string) =>
		measurement ? Object.values(figures(measurement, float)) : names.map((_, i) => (i === 0 ? without : ""));
	const columns = (of: string) => [
		...(theirs ? [`theirs${of} %`] : []),
		...names.map((name) => `ours${of}, ${name}`),
	];
	return [...new Set(rows.map(({ study }) => study))]
		.flatMap((title) => [
			heading(title),
			table([
				["", "bits", ...columns(""), ...columns(", trained")],
				...rows
					.filter(({ study }) => study === title)
					.map((row) => [
						...[row.name, row.width],
						...(theirs ? [published(row.literature.untrained)] : []),
						...shown(row.untrained, row.bits === null ? "no such width" : "refused"),
						...(theirs ? [published(row.literature.trained)] : []),
						...(row.training ? shown(row.trained, trained) : []),
					]),
			]),
		])
		.join("\n");
}
