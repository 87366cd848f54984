// The S4D mixer to integers: Abar, input gains that choose the unit of each mode's state, C fitted to the rounded Abar, D.
import { z } from "zod";
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import { GAIN } from "../../src/arithmetic/tables";
import { derivedGain, type S4dMixer } from "../../src/network/s4d";
import { continuousC, discretize, type FloatS4d } from "../float/s4d";
import { conjugates, type OutputGrid, quantizeOutput, roundingVariance } from "./diagonal";
import type { MixerQuantizer } from "./kind";
import { cartesianPoles, type HarmonicGrid, harmonicGrid, harmonicPoles } from "./poles";
import { refitHead } from "./refit";
import { pruneS4d } from "./s4d-prune";
import { Bytes, Numbers } from "./saved";
import { coarseScaleValue } from "./scale";
import type { S4dPrecision } from "./widths/s4d";

/** The grids of an S4D mixer's codes; steps are real sizes of a code. */
export interface S4dGrid extends OutputGrid {
	/** Only of harmonic poles. */
	A: HarmonicGrid | null;
	B: Pick<S4dMixer["B"], "codes" | "shift">;
}

/** Real size of a unit of each state coordinate. */
export interface S4dUnits {
	/** (H, N); the imaginary part is negated where the mode was replaced by its conjugate. */
	stateRe: Float64Array;
	stateIm: Float64Array;
}

type S4dQuantizer = MixerQuantizer<FloatS4d, S4dMixer, S4dUnits, S4dGrid, S4dPrecision>;

/** How much smaller than a state's range its format may be, where gains are half an octave apart. */
const CLIPPED = 1.1;

/**
 * Input gains: each mode's state fills its format; returns also the real size of one state unit of each mode (H, N).
 * @param actual (H, N, 2) the device's Abar
 */
function gains(
	name: string,
	layer: S4dPrecision & { u: number },
	state: Float64Array,
	uStep: Float64Array,
	actual: Float64Array,
	H: number,
	N: number,
	held: S4dGrid["B"] | undefined,
) {
	const codes = new Uint8Array(H * N);
	const shift = new Uint8Array(H);
	const unit = new Float64Array(H * N);
	const xMax = symmetricMax(layer.x);
	const uMax = symmetricMax(layer.u);
	const room = 2 ** 31 - 1 - (Math.ceil(32768 * Math.SQRT2 * xMax) + 32767);
	for (let h = 0; h < H; h++) {
		const step = Math.abs(uStep[h]!);
		const ideal = Array.from({ length: N }, (_, n) => (step * 32768 * xMax) / (state[h * N + n]! || step));
		const [least, most] = [Math.min(...ideal), Math.max(...ideal)];
		if (least < 1)
			throw new RangeError(
				`${name} B: head ${h} needs a gain of ${least.toPrecision(3)}, under 1; its state is too large for ${layer.x} bits`,
			);
		const derived = (n: number, shift: number) =>
			derivedGain(actual[2 * (h * N + n)]! * 32768, actual[2 * (h * N + n) + 1]! * 32768, shift);
		const put = (n: number, code: number, gain: number) => {
			codes[h * N + n] = code;
			unit[h * N + n] = (uStep[h]! * 32768) / gain;
		};
		if (held) {
			const e = held.shift[h]!;
			shift[h] = e;
			for (let n = 0; n < N; n++) {
				const code = held.codes[h * N + n]!;
				put(n, code, layer.B <= 2 ? derived(n, e + code) : (layer.B === 4 ? GAIN[code]! : code) * 2 ** e);
			}
			continue;
		}
		if (layer.B <= 2) {
			const most = 2 ** layer.B - 1; // code
			const fits = (n: number, shift: number) =>
				derived(n, shift) <= CLIPPED * ideal[n]! && derived(n, shift) * uMax <= room;
			// The largest shift at which no mode exceeds its range, then each code as large as its mode allows.
			let e = 31;
			while (e > 0 && ideal.some((_, n) => !fits(n, e))) e--;
			shift[h] = e;
			for (let n = 0; n < N; n++) {
				let code = 0;
				while (code < most && fits(n, e + code + 1)) code++;
				put(n, code, derived(n, e + code));
			}
			continue;
		}
		// The largest gain goes into the top octave of 8 bits, unless the smallest would fall under 1: then that one is kept in
		// range.
		let e = Math.max(0, Math.min(22, Math.ceil(Math.log2(most / 256))));
		while (e > 0 && least / 2 ** e < 1) e--;
		while (e > 0 && 255 * uMax * 2 ** e > room) e--;
		shift[h] = e;
		for (let n = 0; n < N; n++) {
			const gain = Math.max(1, Math.min(255, Math.floor(ideal[n]! / 2 ** e)));
			let code = gain;
			if (layer.B === 4) {
				code = 0;
				while (code < 15 && GAIN[code + 1]! <= gain) code++;
			}
			put(n, code, (layer.B === 4 ? GAIN[code]! : code) * 2 ** e);
		}
	}
	return { B: { bits: layer.B, codes, shift }, unit };
}

const quantize: S4dQuantizer["quantize"] = (float, context, uStep) => {
	const { where, H, ranges, precision, compensate } = context;
	const held = context.held as S4dGrid | undefined;
	const { N } = float;
	const discrete = discretize(float, H);
	const { AbarRe, AbarIm, CbarRe, CbarIm } = discrete;

	const conjugated = conjugates(AbarIm);
	for (let i = 0; i < H * N; i++)
		if (conjugated[i]) {
			AbarIm[i] = -AbarIm[i]!;
			CbarIm[i] = -CbarIm[i]!;
		}
	const actual = new Float64Array(2 * H * N);
	if (precision.A.format === "logarithmic") throw new RangeError(`${where} A: S4D has no logarithmic poles`);
	const A =
		precision.A.format === "polar"
			? harmonicPoles(
					AbarRe,
					AbarIm,
					H,
					N,
					precision.A.radiusBits,
					precision.A.phaseBits,
					actual,
					held?.A ?? undefined,
				)
			: cartesianPoles(AbarRe, AbarIm, precision.A.bits, actual);

	const { B, unit } = gains(where, precision, ranges.state, uStep, actual, H, N, held?.B);

	const rows = Array.from({ length: H }, (_, h) =>
		Float64Array.from({ length: 2 * N }, (_, k) => {
			const i = h * N + (k >> 1);
			return (k & 1 ? CbarIm : CbarRe)[i]! * unit[i]!;
		}),
	);
	const drive = compensate ? ranges.drive : undefined;
	const fit =
		drive &&
		((h: number, row: Float64Array, yUnit: number) =>
			refitHead(h, H, N, drive, discrete, row, actual, unit, yUnit, roundingVariance(precision)));
	const { C, D, yFraction, grid } = quantizeOutput(context, rows, float.D, uStep, held, fit);
	return {
		mixer: { kind: "s4d", N, A, B, C, D, x: { bits: precision.x, rounding: precision.rounding } },
		yFraction,
		units: { stateRe: unit, stateIm: unit.map((v, i) => (conjugated[i] ? -v : v)) },
		grid: {
			A: A.kind === "harmonic" ? harmonicGrid(A) : null,
			B: { codes: B.codes, shift: B.shift },
			...grid,
		},
	};
};

/** C in real numbers, whose discretization the codes represent. */
const real: S4dQuantizer["real"] = (float, mixer, { stateRe, stateIm }, { block: { yFraction }, H }) => {
	const { N } = float;
	const CbarRe = new Float64Array(H * N);
	const CbarIm = new Float64Array(H * N);
	const { codes, scale, preshift } = mixer.C;
	for (let i = 0; i < H * N; i++) {
		const unit = coarseScaleValue(scale[Math.floor(i / N)]!) / 2 ** (preshift + yFraction);
		CbarRe[i] = (codes[2 * i]! * unit) / stateRe[i]!;
		CbarIm[i] = (codes[2 * i + 1]! * unit) / stateIm[i]!;
	}
	return { ...float, ...continuousC(float, H, CbarRe, CbarIm) };
};

const saved: S4dQuantizer["saved"] = {
	fields: {
		A: z
			.object({
				radiusStep: z.int().min(0).max(255),
				phaseShift: z.int().min(0).max(10),
				radiusOffset: Bytes,
				phaseBase: z.array(z.int().min(0).max(1023)).transform((list) => Uint16Array.from(list)),
			})
			.nullable(),
		B: z.object({ codes: Bytes, shift: Bytes }),
		C: Numbers,
		D: z.number(),
	},
	fits: ({ A, B, C }, { N }, H) =>
		B.shift.length === H &&
		C.length === H &&
		B.codes.length === H * N &&
		(A === null || (A.radiusOffset.length === H && A.phaseBase.length === H)),
};

export const s4d: S4dQuantizer = {
	quantize,
	saved,
	real,
	// Finer steps of an 8-bit x are worth more than its rarest values (measured on sequential MNIST).
	clips: ({ x }) => x <= 8,
	prune: pruneS4d,
};
