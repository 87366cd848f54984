// A FloatModel as the flat arrays of the native trainer, and back. The order of tensors is that of operations/network.ts.
import type { BatchNorm, FloatLayer, FloatModel } from "../checkpoints/model";
import { changeTensors } from "./operations/network";

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
	const tensors: Float64Array[] = [];
	changeTensors(model, (tensor) => {
		tensors.push(tensor);
		return tensor;
	});
	const norms = model.layers.flatMap(({ norm }) => norm ?? []);
	return {
		parameters: concatenate(tensors),
		mean: concatenate(norms.map(({ mean }) => mean)),
		variance: concatenate(norms.map(({ variance }) => variance)),
	};
}

/** A model of `like`'s shape and input scaling whose tensors are these arrays themselves, not copies. */
export function viewOf(like: FloatModel, flat: FlatModel): FloatModel {
	let at = 0;
	const model = changeTensors(like, ({ length }) => flat.parameters.subarray(at, (at += length)));
	let seen = 0;
	const normOf = (norm: BatchNorm): BatchNorm => {
		const first = seen;
		seen += like.H;
		return { ...norm, mean: flat.mean.subarray(first, seen), variance: flat.variance.subarray(first, seen) };
	};
	const layers = model.layers.map(
		(layer): FloatLayer => ({ ...layer, norm: layer.norm && normOf(layer.norm) }),
	);
	return { ...model, layers, metadata: { ...like.metadata } };
}

/** A model of `like`'s shape and input scaling with these numbers, copied. */
export function unflatten(like: FloatModel, { parameters, mean, variance }: FlatModel): FloatModel {
	return viewOf(like, {
		parameters: parameters.slice(),
		mean: mean.slice(),
		variance: variance.slice(),
	});
}

/** These numbers as float32 holds them, as a checkpoint keeps them: what is trained is what is packed. */
export function asSaved({ parameters, mean, variance }: FlatModel): FlatModel {
	return {
		parameters: parameters.map(Math.fround),
		mean: mean.map(Math.fround),
		variance: variance.map(Math.fround),
	};
}
