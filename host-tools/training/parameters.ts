// A FloatModel as the flat arrays of the native trainer, and back. The order of tensors is that of network.h (lay_out_parameters).
import type { BatchNorm, FloatLayer, FloatModel } from "../checkpoints/model";

/** All trainable tensors of the model in the native order. */
function tensors(model: FloatModel): Float64Array[] {
	const ofLayer = (layer: FloatLayer) => [
		layer.logDt,
		layer.logAReal,
		layer.AImag,
		layer.CReal,
		layer.CImag,
		layer.D,
		layer.outputWeight,
		layer.outputBias,
		...(layer.norm ? [layer.norm.weight, layer.norm.bias] : []),
	];
	return [
		model.encoderWeight,
		model.encoderBias,
		...model.layers.flatMap(ofLayer),
		model.decoderWeight,
		model.decoderBias,
	];
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

/** Weights and running statistics of a network; `mean` and `variance` are (L, H), 0 and 1 without norms. */
export interface FlatModel {
	parameters: Float64Array;
	mean: Float64Array;
	variance: Float64Array;
}

/** Copies of the model's numbers in the native order. */
export function flatten(model: FloatModel): FlatModel {
	const none = (value: number) => new Float64Array(model.H).fill(value);
	return {
		parameters: concatenate(tensors(model)),
		mean: concatenate(model.layers.map((layer) => layer.norm?.mean ?? none(0))),
		variance: concatenate(model.layers.map((layer) => layer.norm?.variance ?? none(1))),
	};
}

/** A model of `like`'s shape and input scaling with these numbers, copied. */
export function unflatten(like: FloatModel, flat: FlatModel): FloatModel {
	const copyNorm = (norm: BatchNorm, l: number): BatchNorm => ({
		weight: norm.weight.slice(),
		bias: norm.bias.slice(),
		mean: flat.mean.slice(l * like.H, (l + 1) * like.H),
		variance: flat.variance.slice(l * like.H, (l + 1) * like.H),
		eps: norm.eps,
	});
	const model: FloatModel = {
		...like,
		encoderWeight: like.encoderWeight.slice(),
		encoderBias: like.encoderBias.slice(),
		decoderWeight: like.decoderWeight.slice(),
		decoderBias: like.decoderBias.slice(),
		metadata: { ...like.metadata },
		layers: like.layers.map((layer, l) => ({
			logDt: layer.logDt.slice(),
			logAReal: layer.logAReal.slice(),
			AImag: layer.AImag.slice(),
			CReal: layer.CReal.slice(),
			CImag: layer.CImag.slice(),
			D: layer.D.slice(),
			outputWeight: layer.outputWeight.slice(),
			outputBias: layer.outputBias.slice(),
			norm: layer.norm && copyNorm(layer.norm, l),
		})),
	};
	let at = 0;
	for (const tensor of tensors(model)) {
		tensor.set(flat.parameters.subarray(at, at + tensor.length));
		at += tensor.length;
	}
	return model;
}
