// Repeats published studies on a checkpoint: the published figures next to what the integers give here, packed without training
// and optionally trained. The mixer's kind holds the study; only our figures are measured.
import { highestPrecision } from "../quantization/precision";
import type { Shape } from "../quantization/shape";
import { UserError } from "../terminal/errors";
import type { TrainInput } from "../training/settings";
import type { Comparison } from "./cache";
import type { PublishedRow } from "./kinds/kind";
import { mixerSearch } from "./kinds/kinds";
import { type Bench, rangesFor } from "./measure";
import { inTurn } from "./sensitivity";

export interface StudyRow extends PublishedRow {
	/** Packed without training; null: no such width, or not representable. */
	untrained: Comparison | null;
	/** Trained; null: not run, or not trainable. */
	trained: Comparison | null;
}

/** The rows of the studies of this network's mixers. @throws UserError when there are none */
function publishedRows({ blocks, H }: Shape): PublishedRow[] {
	const kinds = [...new Set(blocks.map(({ mixer }) => mixer.kind))];
	const studies = kinds.map((kind) => mixerSearch({ kind }).study);
	if (studies.includes(undefined))
		throw new UserError(
			`No study of the literature is kept here for networks of ${kinds.join(" and ")}; run sensitivity without --study.`,
		);
	return studies.flatMap((study) => study!(H));
}

/**
 * Measures all rows.
 * @param train returns the blob after training through the quantizer, undefined when impossible; absent: rows trained in the literature are only packed
 * @param onProgress called with the fraction done, 0 to 1, not counting training
 * @throws UserError when there is no published study of such networks
 */
export async function study(
	bench: Bench,
	shape: Shape,
	train?: (bits: string, settings: TrainInput) => Promise<Uint8Array | undefined>,
	onProgress?: (done: number) => void,
): Promise<StudyRow[]> {
	const all = publishedRows(shape);
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
		const blob = bits !== null && training && (await train?.(bits, training));
		rows.push({ ...row, untrained: untrained[i]!, trained: blob ? await bench.measureBlob(blob) : null });
	}
	return rows;
}
