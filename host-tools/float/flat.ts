// A FloatModel as the flat arrays of the native trainer, and back. The order of tensors is that of float/model.ts.
import type { Tensor } from "./kind";
import { changeTensors, type FloatModel } from "./model";

/** Weights and running statistics of a network; `mean` and `variance` are those of its norms, (H) each. */
export interface FlatModel {
	parameters: Float64Array;
	mean: Float64Array;
	variance: Float64Array;
}

function concatenate(arrays: Float64Array[]): Float64Array {
	const all = new Float64Array(arrays.reduce((sum, array) => sum + array.length, 0));
	let at = 0;
	for (const array of arrays) {
		all.set(array, at);
		at += array.length;
	}
	return all;
}

/** Copies of the model's numbers in the native order. */
export function flatten(model: FloatModel): FlatModel {
	const tensors: Record<Tensor["role"], Float64Array[]> = { parameter: [], mean: [], variance: [] };
	changeTensors(model, (values, { role }) => {
		tensors[role].push(values);
		return values;
	});
	return {
		parameters: concatenate(tensors.parameter),
		mean: concatenate(tensors.mean),
		variance: concatenate(tensors.variance),
	};
}

/** A model of `like`'s shape and input scaling whose tensors are these arrays themselves, not copies. */
export function viewOf(like: FloatModel, { parameters, mean, variance }: FlatModel): FloatModel {
	const from = { parameter: parameters, mean, variance };
	const at = { parameter: 0, mean: 0, variance: 0 };
	const model = changeTensors(like, ({ length }, { role }) =>
		from[role].subarray(at[role], (at[role] += length)),
	);
	return { ...model, metadata: { ...like.metadata } };
}

/** A model of `like`'s shape and input scaling with these numbers, copied. */
export function unflatten(like: FloatModel, { parameters, mean, variance }: FlatModel): FloatModel {
	return viewOf(like, {
		parameters: parameters.slice(),
		mean: mean.slice(),
		variance: variance.slice(),
	});
}

/** These numbers rounded to float32, as stored in a checkpoint: what is trained is what is packed. */
export function asSaved({ parameters, mean, variance }: FlatModel): FlatModel {
	return {
		parameters: parameters.map(Math.fround),
		mean: mean.map(Math.fround),
		variance: variance.map(Math.fround),
	};
}
