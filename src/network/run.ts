// Runs one sequence through a network, on any implementation.
import { headKind, type Network } from "./network";

/** The reference, the C kernel, or anything else that runs a network. */
export interface Engine {
	reset(): void;
	write(samples: Int16Array): void;
	outputs(): Int32Array;
}

/** Outputs of a sequence from its start: (outputs), or (steps, outputs) for heads with outputs at every step. */
export function runSequence(
	engine: Engine,
	{ head, input }: Pick<Network, "head" | "input">,
	samples: Int16Array,
): Int32Array {
	engine.reset();
	const kind = headKind(head);
	if (!kind.perStep(head)) {
		engine.write(samples);
		return engine.outputs();
	}
	const channels = input.length;
	const [steps, outputs] = [samples.length / channels, kind.outputs(head)];
	const all = new Int32Array(steps * outputs);
	for (let t = 0; t < steps; t++) {
		engine.write(samples.subarray(t * channels, (t + 1) * channels));
		all.set(engine.outputs(), t * outputs);
	}
	return all;
}

/** Real values of the outputs of `runSequence`. */
export function realOutputs({ head }: Pick<Network, "head">, outputs: ArrayLike<number>): Float64Array {
	const kind = headKind(head);
	const count = kind.outputs(head);
	return Float64Array.from(outputs, (value, i) => kind.real(head, value, i % count));
}
