// The linear encoder; native/kinds/encoder_linear.c.
import type { QuantizedNetwork } from "../../../src/model/network";
import type { FloatModel } from "../../checkpoints/model";
import { CHUNK, type Operation, type Sink } from "./operation";

export const encoderLinear: Operation<FloatModel> = {
	spec: () => ({ kind: "encoder_linear" }),
	change: ({ encoderWeight, encoderBias }, trained) => ({
		encoderWeight: trained(encoderWeight),
		encoderBias: trained(encoderBias),
	}),
	kept: ({ model }) => CHUNK * model.channels,
};

export function putEncoderLinear(sink: Sink, { encoder, input }: QuantizedNetwork): void {
	sink.integer(encoder.preshift);
	sink.integers(encoder.weights);
	sink.integers(encoder.scale);
	sink.integers(encoder.bias);
	sink.reals(input.scale);
	sink.reals(input.offset);
}
