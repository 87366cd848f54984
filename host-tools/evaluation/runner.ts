// One way to run one sequence, whatever runs it on this machine: the float network, the integer reference or the C kernel.
// Logits only; who is right is metrics.ts. XS is not here: it is another process (desktop.ts).
import { readBlob } from "../../src/blob/read";
import { Reference } from "../../src/reference/reference";
import { recurrent } from "../float/forward";
import type { FloatModel } from "../float/model";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";

/** What runs on this machine, in a form that can be sent to a thread. */
export type Runnable =
	| { target: "float"; model: FloatModel }
	| { target: "reference" | "kernel"; blob: Uint8Array };

/** Logits of one sequence, (steps, channels) values in the data's own units, from the beginning. */
export type Runner = (values: Float32Array, steps: number) => ArrayLike<number>;

/** Prepares a runner once for many sequences. */
export function openRunner(runnable: Runnable): Runner {
	if (runnable.target === "float") return recurrent(runnable.model);
	const network = readBlob(runnable.blob);
	const engine = runnable.target === "reference" ? new Reference(network) : new Kernel(runnable.blob);
	return (values) => {
		engine.reset();
		engine.write(toSamples(network.input, values));
		return engine.outputs();
	};
}
