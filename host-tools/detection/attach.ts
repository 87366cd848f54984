// Attaches a detector to a forecasting blob, from the normal sequences its network was not trained on.
import { createHash } from "node:crypto";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { type Dataset, sequence } from "../datasets/dataset";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";
import { type FoundThreshold, findThreshold, type ThresholdOptions } from "./threshold";

/** The blob with a detector found on `normal`, uncut sequences. @throws UserError when they are too few */
export function attachDetector(
	blob: Uint8Array,
	network: Network,
	normal: Dataset,
	options: ThresholdOptions,
): { blob: Uint8Array; found: FoundThreshold } {
	const kernel = new Kernel(blob);
	const outputs = new Map<number, Int32Array>();
	const outputsOf = (row: number) => {
		const known = outputs.get(row);
		if (known) return known;
		const made = runSequence(kernel, network, toSamples(network.input, sequence(normal, row)));
		outputs.set(row, made);
		return made;
	};
	const found = findThreshold(network, normal, outputsOf, options);
	network.detector = found.detector;
	return { blob: writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest()), found };
}
