// Integer networks in the native trainer, without the float network that they may come from: its outputs are held to the
// reference's.

import { expect } from "vitest";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { NativeTrainer } from "../../host-tools/training/native";
import { specsOfIntegers } from "../../host-tools/training/operations/integers";
import { flattenNetwork } from "../../host-tools/training/operations/network";
import type { Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { classesOf } from "./classes";
import { samplesFor } from "./random-embedding";
import { random } from "./random-network";

/** Sequences of 1 to T steps whose values are samples themselves. */
function sequences(seed: number, count: number, T: number, network: Network): Dataset {
	const next = random(seed);
	const channels = network.input.length;
	const lengths = Uint32Array.from({ length: count }, (_, i) => (i === 0 ? T : 1 + Math.floor(next() * T)));
	const values = new Float32Array(count * T * channels);
	for (let i = 0; i < count; i++)
		values.set(
			samplesFor(network, seed + i, lengths[i]!).map((v) => Math.max(v, -32767)),
			i * T * channels,
		);
	return {
		name: "random",
		split: "train",
		targets: { kind: "classes", names: network.labels, of: new Uint8Array(count) },
		channels,
		T,
		count,
		values,
		lengths,
	};
}

/**
 * Holds the trainer's outputs of five random sequences to those of the reference, by bytes, and returns the logits.
 * @param drawn a random network of this seed
 */
export async function compareLogits(
	drawn: Network,
	seed: number,
	precision: "float" | "double",
): Promise<number[]> {
	const network = { ...drawn, input: drawn.input.map((one) => ({ ...one, scale: 1, offset: 0 })) };
	const data = sequences(seed, 5, 50, network);
	const { H, head } = network;
	const shape = {
		heads: H,
		channels: data.channels,
		outputs: head.outputs,
		operations: specsOfIntegers(network),
	};
	const trainer = new NativeTrainer(shape, { T: 50, batch: 5, threads: 1 }, precision);
	trainer.quantize(flattenNetwork(network));
	const { outputs } = await trainer.evaluate(data);
	trainer.close();
	const reference = new Reference(network);
	const seen: number[] = [];
	for (let i = 0; i < data.count; i++) {
		reference.reset();
		const from = i * data.T * data.channels;
		const values = data.values.subarray(from, from + data.lengths[i]! * data.channels);
		reference.write(Int16Array.from(values));
		const expected = Array.from(reference.outputs(), Math.fround);
		expect([...outputs.subarray(i * head.outputs, (i + 1) * head.outputs)], `seed ${seed}`).toEqual(expected);
		seen.push(...expected.map((v) => v / 2 ** classesOf(network).fraction));
	}
	return seen;
}
