// Whether the readable reference and the C kernel are one arithmetic on real data: every output and every byte of the state.
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { type Dataset, sequence } from "../datasets/dataset";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";
import type { BlobModel } from "./model-file";

/** A saved state is a header, the state, and a CRC-32 (firmware/kernel/essm_state.c). */
const HEADING = 8;
const CRC = 4;

/** Sequences of `dataset` on which reference and kernel agree in outputs and state, by bytes. */
export function countAgreeing(
	{ bytes, network }: BlobModel,
	dataset: Dataset,
	onRow?: (done: number) => void,
): number {
	const reference = new Reference(network);
	const kernel = new Kernel(bytes);
	let agreeing = 0;
	for (let row = 0; row < dataset.count; row++) {
		const samples = toSamples(network.input, sequence(dataset, row));
		const outputs = runSequence(kernel, network, samples);
		const expected = runSequence(reference, network, samples);
		const saved = kernel.saveState().slice(HEADING, -CRC);
		if (
			expected.every((output, k) => output === outputs[k]) &&
			Buffer.from(reference.stateBytes()).equals(saved)
		)
			agreeing++;
		onRow?.(row + 1);
	}
	return agreeing;
}
