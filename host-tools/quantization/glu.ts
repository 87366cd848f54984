// The gated linear unit to integers: value and gate rows over g's codes.
import type { Glu } from "../../src/network/glu";
import type { FloatGlu } from "../float/glu";
import { fractionFor, HEADROOM, INT16_MAX, STEP_MAX, stepFor } from "./formats";
import type { ChannelQuantizer } from "./kind";
import { type Inputs, quantizeRows, stepsOf, weightOf } from "./rows";
import { Numbers } from "./saved";
import { scaleValue } from "./scale";
import type { GluPrecision } from "./widths/glu";

/** The grids of a gated linear unit: real sizes of a code per row. */
export interface GluGrid {
	value: Float64Array; // (H)
	gate: Float64Array; // (H)
}

type GluQuantizer = ChannelQuantizer<FloatGlu, Glu, GluGrid, GluPrecision>;

const quantize: GluQuantizer["quantize"] = (
	float,
	{ where, H, ranges, precision, before, compensate, held: grids },
	{ gStep, zero },
) => {
	const held = grids as GluGrid | undefined;
	const levels = 2 ** precision.g;
	// Value and gate rows over g's codes; g's zero goes into their biases, with the weights as they were rounded.
	const { gMean, gMoments } = ranges;
	const inputs: Inputs = {
		most: levels / 2,
		mean: gMean.length ? gMean.map((m) => m / gStep - zero) : new Float64Array(H).fill(-zero),
		...(compensate && {
			covariance: gMoments.map((m, i) => (m - gMean[Math.floor(i / H)]! * gMean[i % H]!) / gStep ** 2),
		}),
	};
	const map = (first: number, unitOf: (h: number) => number, bits: number, what: "value" | "gate") => {
		const weights = new Float64Array(H * H);
		const bias = new Float64Array(H);
		for (let r = 0; r < H; r++) {
			let sum = 0;
			for (let k = 0; k < H; k++) {
				const w = float.weight[(first + r) * H + k]!;
				weights[r * H + k] = (w * gStep) / unitOf(r);
				sum += w;
			}
			bias[r] = (float.bias[first + r]! + gStep * zero * sum) / unitOf(r);
		}
		const steps = held?.[what].map((step, r) => step / Math.abs(unitOf(r)));
		return quantizeRows(`${where} ${what}`, weights, bias, H, bits, precision.bias, inputs, steps);
	};
	// Biases hold g's zero too; they and what the value rows gave must fit an int16. Gates beyond 8 are saturated anyway.
	const foldedBias = (row: number) => {
		let sum = float.bias[row]!;
		for (let k = 0; k < H; k++) sum += gStep * zero * float.weight[row * H + k]!;
		return Math.abs(sum);
	};
	const rowMost = (row: number) =>
		float.weight.subarray(row * H, (row + 1) * H).reduce((most, w) => Math.max(most, Math.abs(w)), 0);
	let gateMost = 8;
	let gateStep = 0;
	let valueMost = 0;
	for (let h = 0; h < H; h++) {
		gateStep = Math.max(gateStep, stepFor(gStep * rowMost(H + h), precision.gate));
		gateMost = Math.max(gateMost, HEADROOM * foldedBias(H + h));
		valueMost = Math.max(
			valueMost,
			(HEADROOM * Math.max(ranges.value[h]!, foldedBias(h))) / Math.abs(before.scale[h]!),
			((stepFor(gStep * rowMost(h), precision.value) / Math.abs(before.scale[h]!)) * INT16_MAX) / STEP_MAX,
		);
	}
	const valueShift = Math.min(8, Math.max(0, Math.ceil(Math.log2(valueMost / INT16_MAX))));
	const gateFraction = fractionFor(gateMost, gateStep || 1);

	const valueUnit = (h: number) => before.scale[h]! * 2 ** valueShift;
	const gateUnit = () => 2 ** -gateFraction;
	const channel: Glu = {
		kind: "glu",
		value: map(0, valueUnit, precision.value, "value"),
		valueShift,
		gate: map(H, gateUnit, precision.gate, "gate"),
		gateFraction,
		gateTable: float.gateTable,
	};
	return {
		channel,
		grid: {
			value: stepsOf(channel.value).map((step, h) => step * Math.abs(valueUnit(h))),
			gate: stepsOf(channel.gate).map((step) => step * gateUnit()),
		},
	};
};

/** Value and gate maps in real numbers; the zero of g's codes comes out of the biases again. */
const real: GluQuantizer["real"] = (float, channel, { block: { activation, yFraction }, before, H }) => {
	const { value, gate, valueShift, gateFraction } = channel;
	const gUnit = 2 ** -yFraction / scaleValue(activation.scale);
	const weight = new Float64Array(2 * H * H);
	const bias = new Float64Array(2 * H);
	for (let r = 0; r < 2 * H; r++) {
		const [map, row] = r < H ? [value, r] : [gate, r - H];
		const unit = r < H ? before.scale[row]! * 2 ** valueShift : 2 ** -gateFraction;
		bias[r] = map.bias[row]! * unit;
		for (let k = 0; k < H; k++) {
			const w = (weightOf(map, row, k) * unit) / gUnit;
			weight[r * H + k] = w;
			bias[r]! -= w * gUnit * activation.zero;
		}
	}
	return { ...float, weight, bias };
};

const saved: GluQuantizer["saved"] = {
	fields: { value: Numbers, gate: Numbers },
	fits: ({ value, gate }, _, H) => value.length === H && gate.length === H,
};

export const glu: GluQuantizer = { quantize, saved, real };
