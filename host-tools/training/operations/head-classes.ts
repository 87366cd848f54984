// The head that tells classes apart; native/kinds/head_classes.c.
import type { QuantizedNetwork } from "../../../src/model/network";
import type { FloatModel, Pooling } from "../../checkpoints/model";
import type { Operation, Sink } from "./operation";

/** In the order of the enumeration in head_classes.h. */
const POOLINGS: Pooling[] = ["mean", "last"];

export const headClasses: Operation<FloatModel> = {
	spec: ({ model }) => ({
		kind: "head_classes",
		size: model.classes,
		option: POOLINGS.indexOf(model.pooling),
	}),
	change: ({ decoderWeight, decoderBias }, trained) => ({
		decoderWeight: trained(decoderWeight),
		decoderBias: trained(decoderBias),
	}),
	kept: () => 0,
};

export function putHeadClasses(sink: Sink, { decoder, logitFraction }: QuantizedNetwork): void {
	sink.integer(logitFraction);
	sink.integer(decoder.preshift);
	sink.integers(decoder.weights);
	sink.integers(decoder.scale);
	sink.integers(decoder.bias);
}
