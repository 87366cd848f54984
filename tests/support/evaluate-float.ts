// The answers of a float network on a whole data set.
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { recurrent } from "../../host-tools/float/forward";
import { type FloatModel, outputsOf } from "../../host-tools/float/model";
import { argmax } from "../../host-tools/task/classify";
import { checkFit } from "../../host-tools/task/fit";

/** Class indices that it gives to every row, and the fraction that is right. */
export function evaluateFloat(
	model: FloatModel,
	dataset: Dataset,
): { predictions: Uint8Array; accuracy: number } {
	checkFit({ ...model, outputs: outputsOf(model) }, dataset);
	const forward = recurrent(model);
	const predictions = new Uint8Array(dataset.count);
	let right = 0;
	for (let i = 0; i < dataset.count; i++) {
		predictions[i] = argmax(forward(sequence(dataset, i), dataset.lengths[i]!));
		if (predictions[i] === dataset.targets.of[i]) right++;
	}
	return { predictions, accuracy: right / dataset.count };
}
