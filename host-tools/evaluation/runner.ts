// Runs one sequence on this machine: on the float network, the integer reference or the C kernel. Outputs only; host-tools/task
// scores them. XS is a separate process (device.ts).
import { readBlob } from "../../src/blob/read";
import { headKind } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { recurrent } from "../float/forward";
import { type FloatModel, floatHeadKind } from "../float/model";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";

/** What runs on this machine, in a form that can be sent to a thread. */
export type Runnable =
	| { target: "float"; model: FloatModel }
	| { target: "reference" | "kernel"; blob: Uint8Array };

/** Outputs of one sequence, (outputs) or (steps, outputs), for (steps, channels) values in the data's units, from the start. */
export interface Runner {
	run(values: Float32Array, steps: number): ArrayLike<number>;
	/** Number of outputs of a sequence of this many steps. */
	width(steps: number): number;
}

/** By kind of head. */
function widthOf<T>(kind: { outputs(head: T): number; perStep(head: T): boolean }, head: T) {
	const outputs = kind.outputs(head);
	return kind.perStep(head) ? (steps: number) => steps * outputs : () => outputs;
}

/** Prepares a runner once for many sequences. */
export function openRunner(runnable: Runnable): Runner {
	if (runnable.target === "float") {
		const { head } = runnable.model;
		return { run: recurrent(runnable.model), width: widthOf(floatHeadKind(head), head) };
	}
	const network = readBlob(runnable.blob);
	const engine = runnable.target === "reference" ? new Reference(network) : new Kernel(runnable.blob);
	const { head } = network;
	return {
		run: (values) => runSequence(engine, network, toSamples(network.input, values)),
		width: widthOf(headKind(head), head),
	};
}
