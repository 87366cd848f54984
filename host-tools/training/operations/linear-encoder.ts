// The linear encoder; native/kinds/encoder_linear.c.
import type { LinearEncoder } from "../../../src/network/linear-encoder";
import type { FloatLinearEncoder } from "../../float/linear-encoder";
import { CHUNK, type Operation, type PutEnd, type StartableEncoder } from "./operation";

export const linear: Operation<FloatLinearEncoder> & StartableEncoder<FloatLinearEncoder> = {
	spec: () => ({ kind: "encoder_linear" }),
	kept: (_, { channels }) => CHUNK * channels,
	takesTokens: false,
	fresh: ({ channels }, H, _, linear) => ({
		...{ kind: "linear", weight: linear(H * channels, channels), bias: linear(H, channels) },
	}),
};

export const putLinearEncoder: PutEnd<LinearEncoder> = (sink, { map }, { input }) => {
	sink.integer(map.preshift);
	sink.integers(map.weights);
	sink.integers(map.scale);
	sink.integers(map.bias);
	for (const { scale } of input) sink.real(scale);
	for (const { offset } of input) sink.real(offset);
};
