// The sequences that a training run held out, found again from its checkpoint's metadata.
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { splitValidation } from "./split";

/**
 * The sequences of the training data that training held out.
 * @param training as training saw them @param metadata of the checkpoint
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
		throw new UserError("The checkpoint does not state which sequences were held out in training.");
	if (name !== training.name || count !== training.count)
		throw new UserError(
			`The network was trained on ${count} sequences of ${name}, not on these ${training.count} of ${training.name}.`,
		);
	if (validationFraction === 0)
		throw new UserError("Training held nothing out; train with --validation 0.2.");
	return splitValidation(training, validationFraction, seed).validation;
}
