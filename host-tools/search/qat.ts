// Where a search trains: a choice that lost too much gets a few epochs of training through its own integers. The one place
// that knows of host-tools/training.

import type { QuantizedNetwork } from "../../src/model/network";
import type { FloatModel } from "../checkpoints/model";
import type { Dataset } from "../datasets/dataset";
import { formatBits } from "../quantization/precision";
import type { A_FORMS } from "../training/native";
import { trainedNetwork } from "../training/quantizer";
import { train } from "../training/train";
import { precisionOf } from "./components";

export interface BriefTraining {
	/** What it learns from beside the labels; absent: labels alone. */
	teacher?: FloatModel;
	epochs: number;
	seed: number;
	threads: number;
	/** How A is trained; absent: frozen. */
	abar?: (typeof A_FORMS)[number];
	/** Called with the part that is done, 0 to 1. */
	onProgress?: (done: number) => void;
}

/**
 * It begins where compensated rounding ends, and only has to settle: at a low rate, with the poles as they are. A pole of few
 * bits that changes its code changes all that its mode remembers.
 */
const SETTLING = { rate: 0.0007, ssmRate: 0.0001, abar: "frozen" } as const;

/** Part of the training sequences that choose the epoch, and most of them. */
const HELD_OUT = 0.1;
const MOST_HELD_OUT = 2000;

/**
 * Trains `model` for a choice of widths. The epoch is chosen on sequences of `training` of its own, so that those that choose
 * among candidates have chosen nothing before.
 * @param bits text of --bits over the highest precision
 * @param training without the validation sequences
 * @returns what makes the integer network, with notes or without
 * @throws UserError or RangeError when this choice cannot be trained
 */
export async function trainFor(
	model: FloatModel,
	bits: string,
	training: Dataset,
	{ onProgress, ...settings }: BriefTraining,
): Promise<(notes: string, steps: number, rate: number) => QuantizedNetwork> {
	const precision = precisionOf(model.L, bits);
	const { model: trained, quantization } = await train({
		data: training,
		validationFraction: Math.min(HELD_OUT, MOST_HELD_OUT / training.count),
		from: model,
		quantize: "w8x16",
		bits: formatBits(precision),
		...SETTLING,
		...settings,
		onProgress: ({ epoch, epochs, done, of }) => onProgress?.((epoch - 1 + done / of) / epochs),
	});
	if (!quantization) throw new Error("training gave no quantization");
	return (notes, steps, rate) => trainedNetwork(trained, quantization, { notes, steps, rate });
}
