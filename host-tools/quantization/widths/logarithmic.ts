import type { LogarithmicPoles } from "../../../src/network/logarithmic";
import { UserError } from "../../terminal/errors";
import { between } from "./keys";
import type { PolesWidths } from "./kind";

export interface LogarithmicPrecision {
	format: "logarithmic";
	radiusBits: number;
	phaseBits: number;
}

export const logarithmic: PolesWidths<LogarithmicPoles, LogarithmicPrecision> = {
	format: "logarithmic",
	takes: "radius+phase such as 4+12",
	parse(text, name) {
		const match = /^(\d+)\+(\d+)$/.exec(text);
		if (!match) return undefined;
		const [radiusBits, phaseBits] = [Number(match[1]), Number(match[2])];
		if (!between(1, 8)(radiusBits) || !between(1, 12)(phaseBits))
			throw new UserError(`--bits ${name}=${text}: radius takes 1 to 8 bits, phase 1 to 12.`);
		return { format: "logarithmic", radiusBits, phaseBits };
	},
	text: ({ radiusBits, phaseBits }) => `${radiusBits}+${phaseBits}`,
	precisionOf: ({ radiusBits, phaseBits }) => ({ format: "logarithmic", radiusBits, phaseBits }),
	skeleton: ({ radiusBits, phaseBits }) => ({
		kind: "logarithmic",
		radiusBits,
		phaseBits,
		radiusOffset: 0,
		radiusStep: 0,
		phaseOffset: 0,
		phaseStep: 0,
		radius: new Uint8Array(0),
		phase: new Uint16Array(0),
	}),
	note: "radius + phase, both on logarithmic scales",
};
