import type { HarmonicPoles } from "../../../src/network/harmonic";
import { UserError } from "../../terminal/errors";
import { between } from "./keys";
import type { PolesWidths } from "./kind";

export interface HarmonicPrecision {
	format: "polar";
	radiusBits: number;
	phaseBits: number;
}

export const harmonic: PolesWidths<HarmonicPoles, HarmonicPrecision> = {
	format: "polar",
	takes: "radius+phase such as 4+12",
	parse(text, name) {
		const match = /^(\d+)\+(\d+)$/.exec(text);
		if (!match) return undefined;
		const [radiusBits, phaseBits] = [Number(match[1]), Number(match[2])];
		if (!between(1, 8)(radiusBits) || !between(2, 12)(phaseBits) || radiusBits + phaseBits > 16)
			throw new UserError(
				`--bits ${name}=${text}: radius takes 1 to 8 bits, phase 2 to 12, together at most 16.`,
			);
		return { format: "polar", radiusBits, phaseBits };
	},
	text: ({ radiusBits, phaseBits }) => `${radiusBits}+${phaseBits}`,
	precisionOf: ({ radiusBits, phaseBits }) => ({ format: "polar", radiusBits, phaseBits }),
	skeleton: ({ radiusBits, phaseBits }) => ({
		kind: "harmonic",
		radiusBits,
		phaseBits,
		radiusStep: 0,
		phaseShift: 0,
		radius: new Uint8Array(0),
		phase: new Int16Array(0),
		radiusOffset: new Uint8Array(0),
		phaseBase: new Uint16Array(0),
	}),
	note: "radius + phase",
};
