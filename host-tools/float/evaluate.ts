// Classifies a whole data set with a float network. Only predictions: what is made of them (recall, confusion) is shown by
// the command.

import { type Dataset, sequence } from "../datasets/dataset";
import { UserError } from "../terminal/errors";
import { recurrent } from "./forward";
import { type FloatModel, sizesOf } from "./model";

/** The index of the greatest value; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
	let best = 0;
	for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
	return best;
}

/** A UserError when the network cannot be used on the data set. */
export function checkFit(model: { channels: number; outputs: number }, dataset: Dataset): void {
	if (dataset.channels !== model.channels)
		throw new UserError(
			`The data set ${dataset.name} has ${dataset.channels} channels, but the network takes ${model.channels}.`,
		);
	if (dataset.targets.names.length > model.outputs)
		throw new UserError(
			`The data set ${dataset.name} has ${dataset.targets.names.length} classes, but the network tells only ${model.outputs} apart.`,
		);
}

/**
 * Class indices that a float network gives to every row, and the part that is right.
 *
 * @param onRow called after each row with the number of rows done and right so far, for progress
 */
export function evaluateFloat(
	model: FloatModel,
	dataset: Dataset,
	onRow?: (done: number, right: number) => void,
): { predictions: Uint8Array; accuracy: number } {
	checkFit(sizesOf(model), dataset);
	const forward = recurrent(model);
	const predictions = new Uint8Array(dataset.count);
	let right = 0;
	for (let i = 0; i < dataset.count; i++) {
		predictions[i] = argmax(forward(sequence(dataset, i), dataset.lengths[i]!));
		if (predictions[i] === dataset.targets.of[i]) right++;
		onRow?.(i + 1, right);
	}
	return { predictions, accuracy: right / dataset.count };
}
