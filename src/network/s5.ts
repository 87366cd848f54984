// One quantized S5 mixer: all heads share P complex modes, x = Abar x + B u, y = Re(C x) + D u, B and C being dense (Smith et al.,
// "Simplified State Space Layers for Sequence Modeling", 2023; ARITHMETIC.md, section 3).
import {
	C_SCALES,
	coordinateBytes,
	D_CODES,
	DIRECT_SCALE,
	MAX_MODES,
	OUTPUT_FIELDS,
	type Output,
	outputCodes,
	proveOutput,
	proveState,
	rotatedBound,
	STATE_FIELDS,
	type State,
} from "./diagonal";
import type { MixerKind } from "./kind";
import { align4 } from "./layout";
import { pairBytes } from "./linear";
import { POLES, type Poles, polesKind } from "./poles-union";
import { codes, INT32_MAX, integer, refuse, size, WEIGHT_BITS, weightBits, within } from "./proof";

export interface S5Mixer extends Output {
	kind: "s5";
	P: number; // complex modes, 1 to 256
	A: Poles; // (1, P)
	/**
	 * Input map. The sum of a mode's row over the heads times (8 + f) 2^(lift - s) is its drive, in units of 2^-15 x, where the
	 * mode's scale is the 8-bit float s << 3 | f: so it chooses the unit of x.
	 */
	B: {
		bits: number;
		codes: Int8Array; // (P, 2, H): a row for the real part and one for the imaginary part
		lift: number; // 0 to 24
		scale: Uint8Array; // (P)
	};
	x: State;
}

/** Maximum lift: the smallest full sum, 7 (one head of 4 bits times 1), times 15 and 2^24 just fits int32. */
const MAX_LIFT = 24;

export const s5: MixerKind<S5Mixer> = {
	id: 2,
	arithmetic: 3,
	layout: {
		name: "s5",
		about: "S5: P complex modes shared by all heads",
		sizes: ["heads"],
		fields: [
			{
				path: "P",
				type: "u16",
				allowed: { low: 1, high: MAX_MODES },
				error: "SHAPE",
				about: "complex modes",
			},
			{ path: "A.kind", type: "u8", allowed: { kinds: POLES }, about: "coding of the poles" },
			{ path: "B.bits", type: "u8", allowed: { among: WEIGHT_BITS }, about: "bits of B" },
			{ path: "B.lift", type: "u8", allowed: { low: 0, high: MAX_LIFT }, about: "lift of B's scales" },
			...OUTPUT_FIELDS,
			...STATE_FIELDS,
			DIRECT_SCALE,
		],
		parts: [
			{
				path: "B.scale",
				rows: 1,
				columns: "P",
				bits: 8,
				signed: false,
				array: "u8",
				about: "scales of B, one per mode",
			},
			C_SCALES,
			D_CODES,
			{
				path: "B.codes",
				rows: "2P",
				columns: "heads",
				bits: "B.bits",
				signed: true,
				array: "i8",
				holds: "B",
				about: "B: a row for the real, then one for the imaginary part of each mode",
			},
			outputCodes("2P"),
		],
		inner: { path: "A", kinds: POLES, sizes: { rows: 1, columns: "P" } },
	},
	prove(where, { P, A, B, C, D, x }, { H, uMax }) {
		integer(`${where} modes P`, P, 1, MAX_MODES);
		polesKind(A).prove(`${where} A`, A, 1, P);
		proveState(where, x);
		weightBits(`${where} B`, B.bits);
		size(`${where} B`, B.codes, 2 * P * H);
		codes(`${where} B`, B.codes, B.bits);
		integer(`${where} B lift`, B.lift, 0, MAX_LIFT);
		size(`${where} B scale`, B.scale, P);
		within(`${where} B scale`, B.scale, 0, 255);
		const rotated = rotatedBound(x.bits);
		for (let row = 0; row < 2 * P; row++) {
			const mode = row >> 1;
			const shift = B.scale[mode]! >> 3;
			const half = shift ? 2 ** (shift - 1) : 0;
			let sum = 0;
			for (let h = 0; h < H; h++) sum += Math.abs(B.codes[row * H + h]!);
			const scaled = sum * uMax * (8 + (B.scale[mode]! & 7)) * 2 ** B.lift + half;
			if (scaled > INT32_MAX)
				refuse(`${where} B`, `the drive of mode ${mode} can reach ${scaled} before its shift, beyond int32`);
			const bound = rotated + Math.floor(scaled / 2 ** shift);
			if (bound > INT32_MAX)
				refuse(`${where} B`, `the state of mode ${mode} can reach ${bound}, beyond int32`);
		}
		proveOutput(where, { C, D }, P, x.bits, H);
	},
	/** Per mode four products of Abar x, and two per head of B u and of Re(C x); D is a scaling. */
	macs: ({ P }, H) => 4 * P + 4 * P * H,
	stateBytes: ({ P, x }) => align4(2 * P * coordinateBytes(x.bits)),
	stateValues: ({ P }) => 2 * P,
	scratchBytes(mixer, H) {
		const { poles, b, c } = unpacked(mixer, H);
		return poles + Math.max(b.scratch, c);
	},
	keptBytes(mixer, H) {
		const { poles, b, c } = unpacked(mixer, H);
		return poles + mixer.P * b.kept + Math.ceil(H / 2) * c;
	},
};

/** Unpacked data unless read in place: Abar, two rows of B, two rows of C. */
function unpacked({ P, A, B, C }: S5Mixer, H: number) {
	return {
		poles: polesKind(A).inPlace(A) ? 0 : 4 * P,
		b: pairBytes({ bits: B.bits, columns: H }),
		c: C.bits === 8 ? 0 : 2 * align4(2 * P),
	};
}
