// The one-pole mixer to integers: poles rounded, gains of a code and a scale per head.
import type { OnepoleMixer } from "../../src/network/onepole";
import { type FloatOnepole, polesOf } from "../float/onepole";
import { fractionFor, HEADROOM, stepFor } from "./formats";
import type { MixerQuantizer } from "./kind";
import { Numbers } from "./saved";
import { coarseScaleValue, encodeCoarseScale } from "./scale";
import { nearestCodes } from "./weight-rows";
import type { OnepolePrecision } from "./widths/onepole";

export interface OnepoleUnits {
	/** (H) real size of a unit of the state. */
	x: Float64Array;
}

interface OnepoleGrid {
	/** (H) of y for a unit of x. */
	gain: Float64Array;
}

type Quantizer = MixerQuantizer<FloatOnepole, OnepoleMixer, OnepoleUnits, OnepoleGrid, OnepolePrecision>;

export const onepole: Quantizer = {
	quantize(float, { where, ranges, precision, held: grids }, uStep) {
		const held = grids as OnepoleGrid | undefined;
		const bits = precision.gain;
		const x = uStep.map((step) => step / 256);
		const gains = float.gain.map((c, h) => c * x[h]!);
		const most = gains.reduce((most, c) => Math.max(most, Math.abs(c)), 0);
		const yFraction = fractionFor(ranges.y * HEADROOM || 1, stepFor(most, bits) || 1);
		const rows = Array.from(gains, (c, h) =>
			nearestCodes(Float64Array.of(c * 2 ** yFraction), bits, held && held.gain[h]! * 2 ** yFraction),
		);
		return {
			mixer: {
				kind: "onepole",
				pole: Uint8Array.from(polesOf(float), (a) => Math.min(255, Math.round(256 * a))),
				gain: {
					bits,
					codes: Int8Array.from(rows, ({ codes }) => codes[0]!),
					scale: Uint8Array.from(rows, ({ step }, h) =>
						encodeCoarseScale(`${where} gain of head ${h}`, step),
					),
				},
			},
			yFraction,
			units: { x },
			grid: { gain: Float64Array.from(rows, ({ step }) => step / 2 ** yFraction) },
		};
	},
	real: (float, { gain }, { x }, { block }) => ({
		...float,
		gain: float.gain.map(
			(_, h) => (gain.codes[h]! * coarseScaleValue(gain.scale[h]!)) / 2 ** block.yFraction / x[h]!,
		),
	}),
	saved: { fields: { gain: Numbers }, fits: ({ gain }, _, H) => gain.length === H },
	clips: () => false,
};
