// Streams sequences of a data set into a device as a sensor would, and compares the results with the C kernel on this machine,
// byte by byte.

import { Score } from "../../src/detector/score";
import { headKind, type Network } from "../../src/network/network";
import { realOutputs, runSequence } from "../../src/network/run";
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
	/** Whether the device's outputs, and a detector's greatest score, equal the kernel's, bit by bit. */
	agrees: boolean;
}

/** What a device is to say of a sequence: its last outputs, and of a detector the greatest score. */
function expected(kernel: Kernel, network: Network, samples: Int16Array) {
	const { head, input, detector } = network;
	const all = runSequence(kernel, network, samples);
	const width = headKind(head).outputs(head);
	let greatest = 0;
	if (detector && head.kind === "values") {
		const score = new Score(detector, head.ahead);
		for (let t = 0; t < samples.length / input.length; t++) {
			const of = (from: Int16Array | Int32Array) => from.subarray(t * input.length, (t + 1) * input.length);
			greatest = Math.max(greatest, score.next(of(samples), of(all)) ?? 0);
		}
	}
	return { outputs: all.subarray(all.length - width), score: detector && greatest };
}

/**
 * Streams every row of `dataset` through the device's stream of results, one window per row, in order.
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
			await client.stream("REPLAY", { window: steps, hop: steps });
			window = steps;
			step = 0;
		}
		step = await client.samples(step, samples, network.input.length);
		let result = await nextResult();
		while (result.changed) result = await nextResult(); // an alarm on the way
		if (result.step !== step)
			throw new UserError(`The device sent a result about step ${result.step} instead of step ${step}.`);
		const { outputs, score } = expected(kernel, network, samples);
		const said: Result = { ...result, outputs: realOutputs(network, result.outputs) };
		const replayed: Replayed = {
			row,
			steps,
			result: said,
			right: task.isRight(dataset.targets, row, said),
			agrees:
				result.outputs.length === outputs.length &&
				result.outputs.every((output, k) => output === outputs[k]) &&
				(score === undefined || result.margin === score),
		};
		rows.push(replayed);
		onRow?.(replayed);
	}
	await client.stream("OFF");
	return rows;
}
