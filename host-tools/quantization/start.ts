// Where a training through the quantizer begins: the weights that compensated rounding chose, as real numbers. Training rounds
// to nearest at every update; from the float weights its first steps at 2 or 3 bits are lost in a network that knows nothing
// any more, from these it begins where packing without training ends.

import type { FloatBlock, FloatModel } from "../float/model";
import { channelQuantizer, mixerQuantizer } from "./block";
import type { Ranges } from "./calibrate";
import { quantizeWithUnits } from "./network";
import type { Precision } from "./precision";
import { weightOf } from "./rows";

/** Nothing of these is in the weights. */
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: 1 };

/**
 * `model` with mixers, channel mixers and decoder as compensated rounding leaves them; everything else is as it was.
 * @throws RangeError naming the tensor that cannot be represented
 */
export function compensatedModel(model: FloatModel, ranges: Ranges, precision: Precision): FloatModel {
	const { H } = model;
	const { network, units } = quantizeWithUnits(model, ranges, precision, DETAILS, true);
	const { map, fraction } = network.head;
	const last = units.residual.at(-1)!;
	const weight = new Float64Array(map.rows * H);
	const bias = Float64Array.from(map.bias, (code) => code / 2 ** fraction);
	for (let i = 0; i < weight.length; i++) {
		const [r, h] = [Math.floor(i / H), i % H];
		weight[i] = weightOf(map, r, h) / 2 ** fraction / last.scale[h]!;
		bias[r]! -= weight[i]! * last.offset[h]!;
	}
	return {
		...model,
		head: { ...model.head, weight, bias },
		blocks: model.blocks.map((float, l): FloatBlock => {
			const block = network.blocks[l]!;
			const context = { block, before: units.residual[l]!, H };
			return {
				...float,
				mixer: mixerQuantizer(float.mixer).real(float.mixer, block.mixer, units.layers[l]!.mixer, context),
				channel: channelQuantizer(float.channel).real(float.channel, block.channel, context),
			};
		}),
	};
}
