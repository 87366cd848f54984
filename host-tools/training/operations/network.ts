// Which operations a network is made of, and what is asked of all of them: the native trainer's specs, tensors in its order, the
// memory it keeps, integers in the order in which it reads them.
import { symmetricMax } from "../../../src/fixed-point/arithmetic";
import type { QuantizedNetwork } from "../../../src/model/network";
import type { FloatLayer, FloatModel } from "../../checkpoints/model";
import type { Units } from "../../quantization/quantize";
import { activation, putActivation } from "./activation";
import { encoderLinear, putEncoderLinear } from "./encoder-linear";
import { glu, putGlu } from "./glu";
import { headClasses, putHeadClasses } from "./head-classes";
import { normBatch, normNone, putStreamScaling } from "./norms";
import { CHUNK, type Change, type FlatNetwork, type Operation, padded, Sink, type Spec } from "./operation";
import { putS4d, s4d } from "./s4d";

/** A block's operations in the order in which samples pass them. */
function blockOf(layer: FloatLayer): Operation<FloatLayer>[] {
	return [layer.norm ? normBatch : normNone, s4d, activation, glu];
}

/** A block's operations in the order of their parameters: as in a checkpoint, the norm's come last. */
function byParameters(layer: FloatLayer): Operation<FloatLayer>[] {
	const [norm, ...rest] = blockOf(layer);
	return [...rest, norm!];
}

/** Encoder, norm, mixer, activation and channel mixer of each block, head. */
export function specsOf(model: FloatModel): Spec[] {
	const outside = { model, layer: model.layers[0]! };
	return [
		encoderLinear.spec(outside),
		...model.layers.flatMap((layer) => blockOf(layer).map((operation) => operation.spec({ model, layer }))),
		headClasses.spec(outside),
	];
}

/** A copy whose trainable tensors are changed, visited in the native order. */
export function changeTensors(model: FloatModel, trained: Change): FloatModel {
	const encoder = encoderLinear.change(model, trained);
	const layers = model.layers.map(
		(layer): FloatLayer =>
			Object.assign({}, layer, ...byParameters(layer).map((operation) => operation.change(layer, trained))),
	);
	return { ...model, ...encoder, layers, ...headClasses.change(model, trained) };
}

/** Bytes that the native trainer keeps for each sequence of T steps. */
export function bytesPerSequence(model: FloatModel, T: number): number {
	const stream = CHUNK * padded(model.H);
	const outside = { model, layer: model.layers[0]! };
	// The stream's gradient and that of the norm's output; for each block the stream and what its mixer gives.
	let perChunk = 2 * stream + encoderLinear.kept(outside) + headClasses.kept(outside);
	for (const layer of model.layers) {
		perChunk += 2 * stream;
		for (const operation of blockOf(layer)) perChunk += operation.kept({ model, layer });
	}
	return 4 * Math.ceil(T / CHUNK) * perChunk;
}

/** Network and units as two flat arrays. @param sink without one, the arrays are the caller's own */
export function flattenNetwork(network: QuantizedNetwork, units: Units, sink = new Sink()): FlatNetwork {
	sink.integer(symmetricMax(network.residualBits));
	sink.integer(network.ditherSeed);
	for (const { scale, offset } of units.residual) {
		sink.reals(scale);
		sink.reals(offset);
	}
	putEncoderLinear(sink, network);
	for (const [l, layer] of network.layers.entries()) {
		putS4d(sink, layer, units.layers[l]!);
		putActivation(sink, network.activation, layer);
		putGlu(sink, layer);
		putStreamScaling(sink, layer);
	}
	putHeadClasses(sink, network);
	return sink.take();
}
