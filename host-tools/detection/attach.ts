// A detector for a blob that forecasts, from the normal sequences that its network was not trained on.
import { createHash } from "node:crypto";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { type Dataset, sequence } from "../datasets/dataset";
import { wholeSequences } from "../datasets/future";
import { splitValidation } from "../datasets/split";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";
import { UserError } from "../terminal/errors";
import { type FoundThreshold, findThreshold, type ThresholdOptions } from "./threshold";

/**
 * The sequences of the training data that training held out, whole.
 * @param training as training saw them: the normal ones, cut for forecasts @param metadata of the checkpoint
 * @throws UserError when it does not tell which they were
 */
export function heldOut(training: Dataset, metadata: Record<string, string>): Dataset {
	const parse = (text: string | undefined) => {
		try {
			return JSON.parse(text ?? "{}") as Record<string, unknown>;
		} catch {
			return {};
		}
	};
	const { validationFraction, seed } = parse(metadata.training);
	const { name, count } = parse(metadata.training_data);
	if (typeof validationFraction !== "number" || typeof seed !== "number")
		throw new UserError("The checkpoint does not tell which sequences training held out.");
	if (name !== training.name || count !== training.count)
		throw new UserError(
			`The network was trained on ${count} sequences of ${name}, not on these ${training.count} of ${training.name}.`,
		);
	if (validationFraction === 0)
		throw new UserError("Training held nothing out (--validation 0.2 of train would).");
	return wholeSequences(splitValidation(training, validationFraction, seed).validation);
}

/** The blob with a detector found on `normal`, whole sequences. @throws UserError when they are too few */
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
