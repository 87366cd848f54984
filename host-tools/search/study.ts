// The literature's studies repeated on a checkpoint: what was quantized there, with their figures, beside what the integers give
// here, packed without training and, if asked for, trained. What was studied of a mixer is told by its kind; only ours are measured.
import { highestPrecision } from "../quantization/precision";
import type { Shape } from "../quantization/shape";
import { UserError } from "../terminal/errors";
import type { TrainInput } from "../training/settings";
import type { Measurement } from "./cache";
import type { Recipe } from "./kinds/kind";
import { mixerSearch } from "./kinds/kinds";
import { type Bench, rangesFor } from "./measure";
import { inTurn } from "./sensitivity";

export interface StudyRow extends Recipe {
	/** Packed without training; null: no such width, or integers cannot hold it. */
	untrained: Measurement | null;
	/** Trained; null: not run, or it cannot be trained. */
	trained: Measurement | null;
}

/** The rows of the studies of this network's mixers. @throws UserError when there are none */
function recipesFor({ blocks, H }: Shape): Recipe[] {
	const kinds = [...new Set(blocks.map(({ mixer }) => mixer.kind))];
	const studies = kinds.map((kind) => mixerSearch({ kind }).study);
	if (studies.includes(undefined))
		throw new UserError(
			`No study of the literature is kept here for networks of ${kinds.join(" and ")}; run sensitivity without --study.`,
		);
	return studies.flatMap((study) => study!(H));
}

/**
 * Takes all rows.
 * @param train gives the blob of a training through the quantizer, undefined when there is none; absent: rows that the literature trained are packed only
 * @param onProgress called with the part that is done, 0 to 1, trainings not counted
 * @throws UserError when the literature has no study of such networks
 */
export async function study(
	bench: Bench,
	shape: Shape,
	train?: (bits: string, settings: TrainInput) => Promise<Uint8Array | undefined>,
	onProgress?: (done: number) => void,
): Promise<StudyRow[]> {
	const all = recipesFor(shape);
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
	for (const [i, recipe] of all.entries()) {
		const { bits, training } = recipe;
		const blob = bits !== null && training && (await train?.(bits, training));
		rows.push({ ...recipe, untrained: untrained[i]!, trained: blob ? await bench.measureBlob(blob) : null });
	}
	return rows;
}
