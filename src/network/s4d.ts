// One quantized S4D mixer: per head N complex modes, x = Abar x + B u, y = Re(C x) + D u, B being a real gain per mode that
// chooses the unit of x (Gu et al., "On the Parameterization and Initialization of Diagonal State Space Models", 2022;
// ARITHMETIC.md, [A21] to [A24]).
import { clamp } from "../arithmetic/arithmetic";
import { GAIN } from "../arithmetic/tables";
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
import { align4, RESERVED } from "./layout";
import { POLES, type Poles, polesKind } from "./poles-union";
import { INT32_MAX, integer, refuse, size, within } from "./proof";

export interface S4dMixer extends Output {
	kind: "s4d";
	N: number; // complex modes per head, 1 to 256
	A: Poles; // (H, N)
	/**
	 * Input gain per mode. 8 bits: a number 0 to 255; 4 bits: an index into GAIN; shifted left by shift[h]. 2 and 0 bits:
	 * half-octaves beyond what follows from Abar and shift[h] (`derivedGain`); of 0 bits all codes are 0.
	 */
	B: { bits: 0 | 2 | 4 | 8; codes: Uint8Array /* (H, N) */; shift: Uint8Array /* (H), 0 to 31 */ };
	x: State;
}

/** floor(log2 v) of v in 1 to 2^32 - 1. */
function log2(v: number): number {
	return 31 - Math.clz32(v);
}

/**
 * Input gain derived from a pole: half-octaves of ((1 - |Abar|^2) |1 - Abar|)^(1/2), the inverse of the geometric mean of the
 * mode's DC and resonant gains, and `shift` half-octaves more.
 * @param re @param im Abar in Q15 @param shift 0 to 34 @returns 1 to 181 * 2^16
 */
export function derivedGain(re: number, im: number, shift: number): number {
	const square = Math.max(1, (1 << 30) - Math.imul(re, re) - Math.imul(im, im));
	const near = (32768 - re) >> 1;
	const distance = (Math.imul(near, near) + Math.imul(im >> 1, im >> 1)) | 1;
	const halfOctaves = clamp(((2 * log2(square) + log2(distance)) >> 1) + shift - 20, 0, 46);
	return ((halfOctaves & 1 ? 181 : 128) << (halfOctaves >> 1)) >>> 7;
}

/**
 * The input gain of mode i (h N + n) of head h, the head's shift included.
 * @param re @param im Abar of the mode in Q15
 */
export function expandGain(B: S4dMixer["B"], h: number, i: number, re: number, im: number): number {
	const shift = B.shift[h]!;
	const code = B.codes[i]!;
	if (B.bits <= 2) return derivedGain(re, im, shift + code);
	return (B.bits === 4 ? GAIN[code]! : code) << shift;
}

export const s4d: MixerKind<S4dMixer> = {
	id: 1,
	arithmetic: 2,
	layout: {
		name: "s4d",
		about: "S4D: N complex modes per head",
		sizes: ["heads"],
		fields: [
			{
				path: "N",
				type: "u16",
				allowed: { low: 1, high: MAX_MODES },
				error: "SHAPE",
				about: "complex modes per head",
			},
			{ path: "A.kind", type: "u8", allowed: { kinds: POLES }, about: "coding of the poles" },
			{ path: "B.bits", type: "u8", allowed: { among: [0, 2, 4, 8] }, about: "bits of B" },
			...OUTPUT_FIELDS,
			...STATE_FIELDS,
			RESERVED,
			DIRECT_SCALE,
		],
		parts: [
			{
				path: "B.shift",
				rows: 1,
				columns: "heads",
				bits: 5,
				signed: false,
				array: "u8",
				about: "shifts of B",
			},
			C_SCALES,
			D_CODES,
			{
				path: "B.codes",
				rows: "heads",
				columns: "N",
				bits: "B.bits",
				signed: false,
				array: "u8",
				holds: "B",
				about: "B: a number, an index into the table of gains (4 bits), half-octaves (2 bits)",
			},
			outputCodes("2N"),
		],
		inner: { path: "A", kinds: POLES, sizes: { rows: "heads", columns: "N" } },
	},
	prove(where, { N, A, B, C, D, x }, { H, uMax }) {
		integer(`${where} modes N`, N, 1, MAX_MODES);
		const poles = polesKind(A);
		poles.prove(`${where} A`, A, H, N);
		proveState(where, x);
		if (![0, 2, 4, 8].includes(B.bits)) refuse(`${where} B`, `${B.bits} bits are not among 0, 2, 4, 8`);
		size(`${where} B`, B.codes, H * N);
		size(`${where} B shift`, B.shift, H);
		within(`${where} B`, B.codes, 0, 2 ** B.bits - 1);
		within(`${where} B shift`, B.shift, 0, B.bits > 2 ? 22 : 31); // 255 << 22 fits int32
		const rotated = rotatedBound(x.bits);
		const pair = new Int16Array(2);
		for (let h = 0; h < H; h++) {
			let most = 0;
			for (let n = 0; n < N; n++) {
				poles.expand(A, h, n, N, pair, 0);
				most = Math.max(most, expandGain(B, h, h * N + n, pair[0]!, pair[1]!));
			}
			const bound = rotated + most * uMax;
			if (bound > INT32_MAX) refuse(`${where} B`, `the state of head ${h} can reach ${bound}, beyond int32`);
		}
		proveOutput(where, { C, D }, N, x.bits, H);
	},
	/** Per mode four products of Abar x, one of B u, two of Re(C x); D is a scaling. */
	macs: ({ N }, H) => 7 * H * N,
	stateBytes: ({ N, x }, H) => align4(2 * H * N * coordinateBytes(x.bits)),
	stateValues: ({ N }, H) => 2 * H * N,
	scratchBytes: headBytes,
	keptBytes: (mixer, H) => H * headBytes(mixer),
};

/** Unpacked data of a head: Abar, gains and C, each unless read in place. */
function headBytes({ N, A, B, C }: S4dMixer): number {
	const poles = polesKind(A).inPlace(A) ? 0 : 4 * N;
	return poles + (B.bits === 8 ? 0 : 4 * N) + (C.bits === 8 ? 0 : align4(2 * N));
}
