// Streams sequences of a data set into a device as a sensor would, and compares the results with the C kernel on this machine,
// byte by byte.

import { realOutputs } from "../../src/network/run";
import type { Dataset } from "../datasets/dataset";
import { sequence } from "../datasets/dataset";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";
import { taskOf } from "../task/fit";
import type { Result } from "../task/task";
import { UserError } from "../terminal/errors";
import type { SimulatedDevice } from "./device";
import type { BlobModel } from "./model-file";

/** One replayed sequence. */
export interface Replayed {
	row: number;
	steps: number;
	/** The device's result, and whether it is right. */
	result: Result;
	right: boolean;
	/** Whether the device's outputs equal the kernel's, bit by bit. */
	agrees: boolean;
}

/**
 * Streams every row of `dataset` through the device's classifier, one window per row, in order.
 * @param onRow called for each result
 * @throws UserError when a result is not for the sequence sent
 */
export async function replay(
	{ client, nextResult }: Pick<SimulatedDevice, "client" | "nextResult">,
	{ bytes, network }: BlobModel,
	dataset: Dataset,
	onRow?: (row: Replayed) => void,
): Promise<Replayed[]> {
	const kernel = new Kernel(bytes);
	const task = taskOf(dataset);
	const rows: Replayed[] = [];
	let window = 0;
	let step = 0;
	for (let row = 0; row < dataset.count; row++) {
		const steps = dataset.lengths[row]!;
		const samples = toSamples(network.input, sequence(dataset, row));
		if (steps !== window) {
			await client.stream("OFF");
			await client.stream("REPLAY", { window: steps });
			window = steps;
			step = 0;
		}
		step = await client.samples(step, samples, network.input.length);
		const result = await nextResult();
		if (result.step !== step)
			throw new UserError(`The device sent a result about step ${result.step} instead of step ${step}.`);
		kernel.reset();
		kernel.write(samples);
		const expected = kernel.outputs();
		const said: Result = { ...result, outputs: realOutputs(network, result.outputs) };
		const replayed: Replayed = {
			row,
			steps,
			result: said,
			right: task.isRight(dataset.targets, row, said),
			agrees:
				result.outputs.length === expected.length &&
				result.outputs.every((output, k) => output === expected[k]),
		};
		rows.push(replayed);
		onRow?.(replayed);
	}
	await client.stream("OFF");
	return rows;
}
