// Where a search trains: a choice that lost too much gets a few epochs of training through its own integers. The one place
// that knows of host-tools/training.

import type { QuantizedNetwork } from "../../src/model/network";
import type { FloatModel } from "../checkpoints/model";
import type { Dataset } from "../datasets/dataset";
import { trainedNetwork } from "../training/quantizer";
import { train } from "../training/train";

export interface BriefTraining {
	epochs: number;
	seed: number;
	threads: number;
	/** Called with the part that is done, 0 to 1. */
	onProgress?: (done: number) => void;
}

/**
 * Trains `model` for a choice of widths.
 * @param bits text of --bits over the preset w8x16 @param training without the validation sequences
 * @param validation chooses the epoch
 * @returns what makes the integer network, with notes or without
 */
export async function trainFor(
	model: FloatModel,
	bits: string,
	training: Dataset,
	validation: Dataset,
	{ epochs, seed, threads, onProgress }: BriefTraining,
): Promise<(notes: string, steps: number, rate: number) => QuantizedNetwork> {
	const { model: trained, quantization } = await train({
		data: training,
		validation,
		from: model,
		quantize: "w8x16",
		bits,
		epochs,
		seed,
		threads,
		onProgress: ({ epoch, done, of }) => onProgress?.((epoch - 1 + done / of) / epochs),
	});
	if (!quantization) throw new Error("training gave no quantization");
	return (notes, steps, rate) => trainedNetwork(trained, quantization, { notes, steps, rate });
}
