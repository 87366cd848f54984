// The half-gated linear units to integers: gate rows over g's codes, and a scale per head for the value, which has no weights.
import type { HalfGlu } from "../../src/network/half-glu";
import type { FloatHalfGlu } from "../float/half-glu";
import { HEADROOM, INT16_MAX } from "./formats";
import type { BlockContext, ChannelQuantizer, UnitsOfValues } from "./kind";
import { overG, realOverG } from "./over-g";
import { Numbers } from "./saved";
import { encodeScale } from "./scale";
import { stepsOf } from "./weight-rows";
import type { HalfGluPrecision } from "./widths/half-glu";

/** Real sizes of a gate's code per row. */
export interface HalfGluGrid {
	gate: Float64Array; // (H)
}

/** 16-bit scales from a value in this real unit to units of the residual times 2^shift. */
export function valueScales(
	{ where, H, before }: Pick<BlockContext<object>, "where" | "H" | "before">,
	valueUnit: number,
	shift: number,
): Uint16Array {
	return Uint16Array.from({ length: H }, (_, h) => {
		if (before.scale[h]! < 0)
			throw new RangeError(
				`${where} channel: a norm after the block negates head ${h}, which only a GLU can represent`,
			);
		return encodeScale(`${where} value scale of head ${h}`, valueUnit / (before.scale[h]! * 2 ** shift));
	});
}

/** @param value real size of a unit of the value @param whole the component's other fields */
export function halfGluQuantizer<K extends "half_glu1" | "half_glu2", T extends HalfGlu>(
	value: (units: UnitsOfValues) => number,
	whole: (shared: HalfGlu, units: UnitsOfValues) => T,
): ChannelQuantizer<FloatHalfGlu<K>, T, HalfGluGrid, HalfGluPrecision> {
	return {
		quantize(float, context, units) {
			const { where, H, ranges, precision, before } = context;
			const held = context.held as HalfGluGrid | undefined;
			const rows = overG(float, context, units);
			let most = 0;
			for (let h = 0; h < H; h++)
				most = Math.max(most, (HEADROOM * ranges.value[h]!) / Math.abs(before.scale[h]!));
			const valueShift = Math.min(8, Math.max(0, Math.ceil(Math.log2(most / INT16_MAX))));
			const gateFraction = rows.gateFraction(0, precision.gate);
			const gate = rows.map(`${where} gate`, 0, () => 2 ** -gateFraction, precision.gate, held?.gate);
			const scale = valueScales(context, value(units), valueShift);
			return {
				channel: whole({ gate, gateFraction, gateTable: float.gateTable, valueShift, scale }, units),
				grid: { gate: stepsOf(gate).map((step) => step * 2 ** -gateFraction) },
			};
		},
		saved: { fields: { gate: Numbers }, fits: ({ gate }, _, H) => gate.length === H },
		real: (float, { gate, gateFraction }, { block, H }) => ({
			...float,
			...realOverG(block, H, [{ map: gate, unit: () => 2 ** -gateFraction }]),
		}),
	};
}
