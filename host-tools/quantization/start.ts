// Starting weights of training through the quantizer: those chosen by compensated rounding, as real numbers. Training rounds to
// nearest at every update; from the float weights, at 2 or 3 bits, its first steps would destroy what the network has learned;
// from these it starts where packing without training ends.

import type { FloatBlock, FloatModel } from "../float/model";
import { channelQuantizer, headQuantizer, mixerQuantizer } from "./block";
import type { Ranges } from "./calibrate";
import { quantizeWithUnits } from "./network";
import type { Precision } from "./precision";

/** None of these can be read from the weights. */
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: 1 };

/**
 * `model` with mixers, channel mixers and decoder after compensated rounding; everything else unchanged.
 * @throws RangeError naming the tensor that cannot be represented
 */
export function compensatedModel(model: FloatModel, ranges: Ranges, precision: Precision): FloatModel {
	const { H } = model;
	const { network, units } = quantizeWithUnits(model, ranges, precision, DETAILS, true);
	return {
		...model,
		head: headQuantizer(model.head).real(model.head, network.head, units.residual.at(-1)!, H),
		blocks: model.blocks.map((float, l): FloatBlock => {
			const block = network.blocks[l]!;
			const context = { block, before: units.residual[l]!, uStep: units.layers[l]!.u, H };
			return {
				...float,
				mixer: mixerQuantizer(float.mixer).real(float.mixer, block.mixer, units.layers[l]!.mixer, context),
				channel: channelQuantizer(float.channel).real(float.channel, block.channel, context),
			};
		}),
	};
}
