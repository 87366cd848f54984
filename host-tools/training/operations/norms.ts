// No norm and BatchNorm; native/kinds/norm_none.c and norm_batch.c. Both give the mixer's input u by one scaling per head.
import { symmetricMax } from "../../../src/fixed-point/arithmetic";
import type { S4dLayer } from "../../../src/model/network";
import type { FloatLayer } from "../../checkpoints/model";
import type { Operation, Sink } from "./operation";

export const normNone: Operation<FloatLayer> = {
	spec: () => ({ kind: "norm_none" }),
	change: () => ({}),
	kept: () => 0,
};

export const normBatch: Operation<FloatLayer> = {
	spec: ({ layer }) => ({ kind: "norm_batch", value: layer.norm!.eps }),
	change: ({ norm }, trained) => ({
		norm: { ...norm!, weight: trained(norm!.weight), bias: trained(norm!.bias) },
	}),
	kept: () => 0,
};

export function putStreamScaling(sink: Sink, { u }: S4dLayer): void {
	sink.integer(symmetricMax(u.bits));
	sink.integers(u.scale);
	sink.integers(u.zero);
}
