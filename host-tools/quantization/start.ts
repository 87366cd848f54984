// Where a training through the quantizer begins: the weights that compensated rounding chose, as real numbers. Training rounds
// to nearest at every update; from the float weights its first steps at 2 or 3 bits are lost in a network that knows nothing
// any more, from these it begins where packing without training ends.

import type { FloatBlock, FloatModel } from "../float/model";
import { channelQuantizer, headQuantizer, mixerQuantizer } from "./block";
import type { Ranges } from "./calibrate";
import { quantizeWithUnits } from "./network";
import type { Precision } from "./precision";

/** Nothing of these is in the weights. */
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: 1 };

/**
 * `model` with mixers, channel mixers and decoder as compensated rounding leaves them; everything else is as it was.
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
