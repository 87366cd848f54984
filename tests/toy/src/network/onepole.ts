// One quantized one-pole filter per head: x = a x + (1 - a) u, y = c x. The state is a mean of what it was and of u in units of
// 1/256, so that it never leaves int16 and needs no saturation.
import { symmetricMax } from "../arithmetic/arithmetic";
import type { MixerKind } from "./kind";
import { align4, RESERVED } from "./layout";
import { accumulator, codes, size, WEIGHT_BITS, weightBits, within } from "./proof";

export interface OnepoleMixer {
	kind: "onepole";
	pole: Uint8Array; // (H), a in 1/256
	/** c: codes times the head's scale give y. */
	gain: { bits: number; codes: Int8Array /* (H) */; scale: Uint8Array /* (H) */ };
}

/** u in units of the state: 2^8. */
export const INPUT_SHIFT = 8;

export const onepole: MixerKind<OnepoleMixer> = {
	id: 31,
	arithmetic: 3,
	layout: {
		name: "onepole",
		about: "a one-pole filter per head",
		sizes: ["heads"],
		fields: [
			{ path: "gain.bits", type: "u8", allowed: { among: WEIGHT_BITS }, about: "bits of a gain" },
			RESERVED,
			RESERVED,
			RESERVED,
		],
		parts: [
			{
				path: "pole",
				rows: 1,
				columns: "heads",
				bits: 8,
				signed: false,
				array: "u8",
				holds: "pole",
				about: "poles in 1/256",
			},
			{
				path: "gain.scale",
				rows: 1,
				columns: "heads",
				bits: 8,
				signed: false,
				array: "u8",
				about: "scales of the gains",
			},
			{
				path: "gain.codes",
				rows: 1,
				columns: "heads",
				bits: "gain.bits",
				signed: true,
				array: "i8",
				holds: "gain",
				about: "gains",
			},
		],
	},
	prove(where, { pole, gain }, { H, uMax }) {
		size(`${where} pole`, pole, H);
		within(`${where} pole`, pole, 0, 255);
		// A mean of integers, rounded, is not beyond the greatest of them.
		within(`${where} state`, [uMax << INPUT_SHIFT], 0, symmetricMax(16));
		weightBits(`${where} gain`, gain.bits);
		size(`${where} gain`, gain.codes, H);
		codes(`${where} gain`, gain.codes, gain.bits);
		size(`${where} gain scale`, gain.scale, H);
		accumulator(`${where} gain`, 2 ** (gain.bits - 1) * (uMax << INPUT_SHIFT), 0);
	},
	macs: (_, H) => 2 * H,
	stateBytes: (_, H) => align4(2 * H),
	stateValues: (_, H) => H,
	scratchBytes: () => 0,
};
