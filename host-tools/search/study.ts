// Repeats published studies on a checkpoint: the published figures next to what the integers give here, packed without training
// and trained. The mixer's kind holds its study, studies/ those of any mixer; only our figures are measured.

import { isDeepStrictEqual } from "node:util";
import type { BlobModel } from "../evaluation/model-file";
import { formatBits, highestPrecision } from "../quantization/precision";
import { precisionOf } from "../quantization/precision-of";
import { type Shape, shapeOf, shapeText, shapeTraits } from "../quantization/shape";
import { countsFor } from "../task/fit";
import { UserError } from "../terminal/errors";
import type { TrainInput } from "../training/settings";
import type { Comparison } from "./cache";
import type { PublishedRow } from "./kinds/kind";
import { mixerSearch } from "./kinds/kinds";
import { type Bench, rangesFor } from "./measure";
import { inTurn } from "./sensitivity";
import * as STUDIES from "./studies/studies";

export type StudyName = keyof typeof STUDIES;
/** What each study that has a name is, by name. */
export const STUDY_NAMES = Object.fromEntries(
	Object.entries(STUDIES).map(([name, { about }]) => [name, about]),
) as Record<StudyName, string>;

export interface StudyRow extends PublishedRow {
	/** Packed without training; null: no such width, or not representable. */
	untrained: Comparison | null;
	/** Trained; null: not run, or not trainable. */
	trained: Comparison | null;
}

/** A blob of a row, trained before. */
export interface TrainedBlob extends Pick<BlobModel, "bytes" | "network"> {
	name: string;
}

/** Which study, by name; absent: that of values, or of the network's mixers. */
export interface Which {
	name?: StudyName | undefined;
	/** Name of the data set, and how many steps ahead the network forecasts; 0: it does not. */
	data?: string;
	ahead?: number;
}

/** The rows of a study of this network. @throws UserError when there is none */
function publishedRows({ blocks, H, head }: Shape, { name, data = "", ahead = 0 }: Which): PublishedRow[] {
	const counts = countsFor(head);
	const named = name
		? STUDIES[name]
		: Object.values(STUDIES).find((one) => one.only && one.counts === counts);
	if (named && named.counts !== counts)
		throw new UserError(
			`The study ${name} is of networks that ${named.counts ? "tell labels" : "give values"}, unlike this one; leave its name out.`,
		);
	if (named) return named.rows(data, ahead);
	const kinds = [...new Set(blocks.map(({ mixer }) => mixer.kind))];
	const studies = kinds.map((kind) => mixerSearch({ kind }).study);
	if (studies.includes(undefined))
		throw new UserError(
			`No study of the literature is kept here for networks of ${kinds.join(" and ")}; run sensitivity without --study.`,
		);
	return studies.flatMap((study) => study!(H));
}

const inWords = (shape: Shape) => [shapeText(shape, true), ...Object.values(shapeTraits(shape))].join(", ");

/** The blobs by the row whose widths they have. @throws UserError naming a blob of another shape, or of the widths of no row */
function blobsByRow(
	blobs: readonly TrainedBlob[],
	rows: readonly PublishedRow[],
	shape: Shape,
): Map<PublishedRow, TrainedBlob> {
	const found = new Map<PublishedRow, TrainedBlob>();
	for (const blob of blobs) {
		const { name, network } = blob;
		const other = shapeOf(network);
		if (!isDeepStrictEqual(other, shape))
			throw new UserError(
				`${name} is another network (${inWords(other)}) than the checkpoint (${inWords(shape)}); give blobs that were trained from it.`,
			);
		const bits = formatBits(precisionOf(network));
		// How A is trained is not seen in a blob: rows that say so are trained here.
		const row = rows.find(
			(row) =>
				row.bits !== null &&
				row.training &&
				Object.keys(row.training).length === 0 &&
				formatBits(highestPrecision(shape, row.bits)) === bits,
		);
		if (!row)
			throw new UserError(
				`${name} has the widths of no row that is trained in this study (${bits}); train it with the preset or the --bits of a row (docs/PRECISION.md).`,
			);
		const same = found.get(row);
		if (same)
			throw new UserError(
				`${same.name} and ${name} are of the same row, ${row.width} ${row.name}; give one.`,
			);
		found.set(row, blob);
	}
	return found;
}

/** Where the figures of trained rows come from; rows without are only packed. */
export interface StudyOptions extends Which {
	blobs?: readonly TrainedBlob[];
	/** Returns the blob after training through the quantizer; undefined when impossible. */
	train?: (bits: string, settings: TrainInput) => Promise<Uint8Array | undefined>;
}

/**
 * Measures all rows.
 * @param onProgress called with the fraction done, 0 to 1, not counting training
 * @throws UserError when there is no published study of such networks, or a blob is of no row
 */
export async function study(
	bench: Bench,
	shape: Shape,
	{ blobs = [], train, ...which }: StudyOptions = {},
	onProgress?: (done: number) => void,
): Promise<StudyRow[]> {
	const all = publishedRows(shape, which);
	const given = blobsByRow(blobs, all, shape);
	const total = all.filter(({ bits }) => bits !== null).length * bench.count;
	let done = 0;
	const untrained = await inTurn(all, async ({ bits, ranges: other }) => {
		if (bits === null) return null;
		const precision = highestPrecision(shape, bits);
		const usual = rangesFor(bench.ranges, precision);
		const ranges = other && { ...usual, layers: usual.layers.map((layer) => other(layer, shape.H)) };
		return (await bench.measure(precision, (count) => onProgress?.((done += count) / total), ranges)) ?? null;
	});
	const rows: StudyRow[] = [];
	for (const [i, row] of all.entries()) {
		const { bits, training } = row;
		const blob = given.get(row)?.bytes ?? (bits !== null && training && (await train?.(bits, training)));
		rows.push({ ...row, untrained: untrained[i]!, trained: blob ? await bench.measureBlob(blob) : null });
	}
	return rows;
}
