// Loads a float model into native memory, and checks which models and data the native trainer supports.

import type { Dataset } from "../datasets/dataset";
import { flatten } from "../float/flat";
import { type FloatModel, floatHeadKind, outputsOf } from "../float/model";
import { checkInput, taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import { NativeTrainer } from "./native";
import { specsOf } from "./operations/network";

/** A native trainer that holds the model, for sequences of up to T steps. Must be closed. @param precision as in NativeTrainer */
export function openNative(
	model: FloatModel,
	T: number,
	batch: number,
	threads: number,
	precision?: "float" | "double",
): NativeTrainer {
	const network = {
		heads: model.H,
		channels: model.channels,
		outputs: outputsOf(model) * (floatHeadKind(model.head).perStep(model.head) ? T : 1),
		head: model.head,
		operations: specsOf(model),
	};
	const native = new NativeTrainer(network, { T, batch, threads }, precision);
	const flat = flatten(model);
	native.write("parameters", flat.parameters);
	native.write("runningMean", flat.mean);
	native.write("runningVar", flat.variance);
	native.write("inputMean", model.inputMean);
	native.write("inputStd", model.inputStd);
	return native;
}

/** @throws UserError when the model is not for these data */
export function checkModel(model: FloatModel, data: Dataset): void {
	const task = taskOf(data);
	const [has, wanted] = [outputsOf(model), task.goal(data.targets).labels.length];
	if (model.channels !== data.channels || has !== wanted)
		throw new UserError(
			`The model takes ${model.channels} channels and ${task.does(has)}, but ${data.name} has ` +
				`${data.channels} channels and ${task.wants(wanted)}.`,
		);
	checkInput(model, data);
}
