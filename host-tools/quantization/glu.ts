// The gated linear unit to integers: value and gate rows over g's codes.
import type { Glu } from "../../src/network/glu";
import type { FloatGlu } from "../float/glu";
import { HEADROOM, INT16_MAX, STEP_MAX, stepFor } from "./formats";
import type { ChannelQuantizer } from "./kind";
import { overG, realOverG } from "./over-g";
import { Numbers } from "./saved";
import { stepsOf } from "./weight-rows";
import type { GluPrecision } from "./widths/glu";

/** The grids of a gated linear unit: real sizes of a code per row. */
export interface GluGrid {
	value: Float64Array; // (H)
	gate: Float64Array; // (H)
}

type GluQuantizer = ChannelQuantizer<FloatGlu, Glu, GluGrid, GluPrecision>;

const quantize: GluQuantizer["quantize"] = (float, context, g) => {
	const { where, H, ranges, precision, before } = context;
	const held = context.held as GluGrid | undefined;
	const rows = overG(float, context, g);
	// Outputs of the value rows, and their biases with g's zero, must fit an int16.
	let most = 0;
	for (let h = 0; h < H; h++) {
		const unit = Math.abs(before.scale[h]!);
		most = Math.max(
			most,
			(HEADROOM * Math.max(ranges.value[h]!, Math.abs(rows.folded(h)))) / unit,
			((stepFor(rows.most(h), precision.value) / unit) * INT16_MAX) / STEP_MAX,
		);
	}
	const valueShift = Math.min(8, Math.max(0, Math.ceil(Math.log2(most / INT16_MAX))));
	const gateFraction = rows.gateFraction(H, precision.gate);
	const valueUnit = (h: number) => before.scale[h]! * 2 ** valueShift;
	const gateUnit = () => 2 ** -gateFraction;
	const channel: Glu = {
		kind: "glu",
		value: rows.map(`${where} value`, 0, valueUnit, precision.value, held?.value),
		valueShift,
		gate: rows.map(`${where} gate`, H, gateUnit, precision.gate, held?.gate),
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

/** Value and gate maps in real numbers. */
const real: GluQuantizer["real"] = (
	float,
	{ value, gate, valueShift, gateFraction },
	{ block, before, H },
) => ({
	...float,
	...realOverG(block, H, [
		{ map: value, unit: (h) => before.scale[h]! * 2 ** valueShift },
		{ map: gate, unit: () => 2 ** -gateFraction },
	]),
});

const saved: GluQuantizer["saved"] = {
	fields: { value: Numbers, gate: Numbers },
	fits: ({ value, gate }, _, H) => value.length === H && gate.length === H,
};

export const glu: GluQuantizer = { quantize, saved, real };
