// Training within a search: a choice that lost too much gets a few epochs of training through its own integers. The only file
// here that uses host-tools/training.

import type { Network } from "../../src/network/network";
import type { Dataset } from "../datasets/dataset";
import type { FloatModel } from "../float/model";
import type { NetworkDetails } from "../quantization/network";
import { formatBits, highestPrecision } from "../quantization/precision";
import { floatShape, type Shape } from "../quantization/shape";
import { trainedNetwork } from "../quantization/trained";
import type { TrainInput } from "../training/settings";
import { train } from "../training/train";
import { mixerSearch } from "./kinds/kinds";

export interface BriefTraining {
	/** The teacher; absent: labels alone. */
	teacher?: FloatModel;
	epochs: number;
	seed: number;
	threads: number;
	/** Settings beyond those of a short training. */
	settings?: TrainInput;
	/** Called with the fraction done, 0 to 1. */
	onProgress?: (done: number) => void;
}

/** Starts from compensated rounding and only has to settle: a low rate. */
const SETTLING = { rate: 0.0007, ssmRate: 0.0001 } as const;

/** Settings of the network's mixers for training at few bits. */
export const settlingFor = ({ blocks }: Pick<Shape, "blocks">): TrainInput =>
	Object.assign({}, ...blocks.map(({ mixer }) => mixerSearch(mixer).settling));

/** Fraction of the training sequences used to choose the epoch, and its maximum number. */
const HELD_OUT = 0.1;
const MOST_HELD_OUT = 2000;

/**
 * Trains `model` for a choice of widths. The epoch is chosen on separate sequences of `training`, so that the sequences that
 * choose among candidates have not been used before.
 * @param bits text of --bits over the highest precision
 * @param training without the validation sequences
 * @returns a function from details to the integer network's blob
 * @throws UserError or RangeError when this choice cannot be trained
 */
export async function trainFor(
	model: FloatModel,
	bits: string,
	training: Dataset,
	{ onProgress, settings, ...run }: BriefTraining,
): Promise<(details: Omit<NetworkDetails, "ditherSeed">) => Network> {
	const shape = floatShape(model);
	const precision = highestPrecision(shape, bits);
	const { model: trained, quantization } = await train({
		data: training,
		validationFraction: Math.min(HELD_OUT, MOST_HELD_OUT / training.count),
		from: model,
		quantize: "w8x16",
		bits: formatBits(precision),
		...SETTLING,
		...settlingFor(shape),
		...settings,
		...run,
		onProgress: ({ epoch, epochs, done, of }) => onProgress?.((epoch - 1 + done / of) / epochs),
	});
	if (!quantization) throw new Error("training returned no quantization");
	return (details) => trainedNetwork(trained, quantization, details);
}
