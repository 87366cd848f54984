// A precision for each component of a trained network, down to 2 bits: what fits the budget and lies nearest to floating point on
// sequences that the network was not trained on, without and with training for it.
import type { Dataset } from "../datasets/dataset";
import { select } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { Pool } from "../evaluation/pool";
import type { FloatModel } from "../float/model";
import { choosePrecision, formatBits, highestPrecision } from "../quantization/precision";
import { floatShape } from "../quantization/shape";
import { costOf } from "../search/cost";
import { Bench } from "../search/measure";
import { searchPlan } from "../search/places";
import { shortlist } from "../search/search";
import { measureSensitivity } from "../search/sensitivity";
import { chosenRanges } from "../search/setup";
import type { Budget, Contender } from "./contenders";

/** The precision that texts of single widths change: they name every component. */
const BASE = "w8x16";
/** The best without training, and the best after it. */
const FOUND = 2;
/** Noise that leaves training nothing to repair: the best without it is enough. */
const QUIET = 0.01;
const CALIBRATED = 256;
/** Sequences of a measurement: hundreds of choices are measured, and noise needs far fewer than counts of right answers. */
const [MOST, FEWEST, STEPS] = [64, 16, 16_384];

export interface Widths {
	/** Each in the shape of the contender. */
	found: (Contender & { noise: number })[];
	/** Noise of the contender's preset on the outputs, relative to their power; undefined: integers cannot hold it. */
	noise: number | undefined;
	/** Choices measured, and sequences of each measurement. */
	measured: number;
	count: number;
}

/**
 * @param model trained on `training` @param heldOut which the model has not seen
 * @throws UserError when no choice fits
 */
export async function searchWidths(
	{ shape, preset, flash }: Contender,
	model: FloatModel,
	{ training, heldOut }: { training: Dataset; heldOut: Dataset },
	{ budget, threads }: { budget: Budget; threads: number },
	onProgress?: (done: number) => void,
): Promise<Widths> {
	const of = floatShape(model);
	const usual = choosePrecision(of, preset);
	const calibration = select(training, calibrationRows(training, CALIBRATED));
	const count = Math.min(MOST, Math.max(FEWEST, Math.round(STEPS / heldOut.T)));
	const rows = select(heldOut, calibrationRows(heldOut, count));
	const pool = new Pool(threads);
	try {
		const screen = await Bench.open(model, chosenRanges(model, calibration), rows, { pool });
		const plan = searchPlan(of);
		const sensitivity = await measureSensitivity(screen, of, plan, (done) => onProgress?.(done / 2));
		const { flash: flashLimit, ram, instructions } = budget;
		const limits = {
			...(flashLimit !== undefined && { flash: flashLimit }),
			...(ram !== undefined && { ram }),
			...(instructions !== undefined && { instructions }),
		};
		const overhead = flash - costOf(of, usual).parameters;
		const refining = (_: string, done: number) => onProgress?.(0.5 + done / 2);
		const input = { shape: of, sensitivity, screen, limits, overhead, onProgress: refining };
		const short = await shortlist(input, FOUND);
		short.sort((a, b) => a.screened!.noise - b.screened!.noise);
		const found = short.filter((_, i) => i === 0 || short[0]!.screened!.noise > QUIET);
		const measurement = await screen.measure(usual);
		return {
			found: found.map(({ bits, blobBytes, cost: { arena, instructions }, screened }) => ({
				...{ shape, preset: BASE, bits: formatBits(highestPrecision(of, bits)) },
				...{ flash: blobBytes, ram: arena, instructions, noise: screened!.noise },
			})),
			...{ noise: measurement?.noise, measured: screen.measured, count: rows.count },
		};
	} finally {
		await pool.close();
	}
}
