// The poles Abar as integers: Cartesian codes inside the unit circle, or a log-polar grid laid through the poles of a layer.
// Only the choice of codes; what they mean is src/model/expand.ts.
import { RADIUS } from "../../src/fixed-point/tables";
import { expandA, phaseBaseValue } from "../../src/model/expand";
import type { PolarA, S4dLayer } from "../../src/model/network";

/** Abar inside the unit circle as Cartesian codes; writes what the device will use to `actual` (H, N, 2), real. */
export function cartesianA(
	re: Float64Array,
	im: Float64Array,
	bits: number,
	actual: Float64Array,
): S4dLayer["A"] {
	const unit = 2 ** (bits - 1);
	const codes = new Int16Array(2 * re.length);
	for (let i = 0; i < re.length; i++) {
		let a = Math.max(-unit, Math.min(unit - 1, Math.round(re[i]! * unit)));
		let b = Math.max(-unit, Math.min(unit - 1, Math.round(im[i]! * unit)));
		// Rounded out of the circle: one unit towards zero on the greater coordinate, until it is inside.
		while (a * a + b * b >= unit * unit)
			if (Math.abs(a) > Math.abs(b)) a -= Math.sign(a);
			else b -= Math.sign(b);
		codes[2 * i] = a;
		codes[2 * i + 1] = b;
		actual[2 * i] = a / unit;
		actual[2 * i + 1] = b / unit;
	}
	return { format: "cartesian", bits, codes };
}

const clampTo = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v));
const sum = (count: number, of: (i: number) => number) => {
	let total = 0;
	for (let i = 0; i < count; i++) total += of(i);
	return total;
};

/** Radii of a layer's heads on a grid of one step, each head from an offset of its own. @param index (H, N) in RADIUS, real */
function radii(index: Float64Array, H: number, N: number, levels: number) {
	const offsetOf = (h: number, step: number) => {
		const row = index.subarray(h * N, (h + 1) * N);
		const middle = (Math.min(...row) + Math.max(...row) - (levels - 1) * step) / 2;
		return 4 * clampTo(Math.round(middle / 4), 0, 63);
	};
	const codeOf = (i: number, offset: number, step: number) =>
		clampTo(Math.round((index[i]! - offset) / step), 0, levels - 1);
	let best = { error: Infinity, step: 1, offsets: new Uint8Array(H) };
	for (let step = 1; step <= Math.min(64, Math.ceil(255 / (levels - 1))); step++) {
		const offsets = Uint8Array.from({ length: H }, (_, h) => offsetOf(h, step));
		const error = sum(H * N, (i) => {
			const offset = offsets[Math.floor(i / N)]!;
			return (index[i]! - Math.min(255, offset + step * codeOf(i, offset, step))) ** 2;
		});
		if (error < best.error) best = { error, step, offsets };
	}
	const { step, offsets } = best;
	const radius = Uint8Array.from(index, (_, i) => codeOf(i, offsets[Math.floor(i / N)]!, step));
	return { radius, radiusStep: step, radiusOffset: offsets };
}

/** The code whose phaseBaseValue is nearest to `value`, by exponent and mantissa. */
function phaseBaseCode(value: number): number {
	let exponent = 0;
	while (value / 2 ** Math.max(0, exponent - 1) >= 127.5 && exponent < 15) exponent++;
	return exponent
		? (exponent << 6) | (clampTo(Math.round(value / 2 ** (exponent - 1)), 64, 127) - 64)
		: clampTo(Math.round(value), 1, 127);
}

/** Finest place of a phase beside its harmonic. */
const MAX_PHASE_SHIFT = 10;
/** Codes of a head's base that are tried around the one of least squares. */
const BASES_TRIED = 3;

/** Phases of a layer's heads beside multiples of a base of each head. @param turns (H, N) in 2^-16 turn, real */
function phases(turns: Float64Array, H: number, N: number, bits: number) {
	const [low, high] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
	const centre = Array.from({ length: H }, (_, h) => {
		const line = sum(N, (n) => n * turns[h * N + n]!) / (sum(N, (n) => n * n) || 1);
		return phaseBaseCode(line || Math.max(...turns.subarray(h * N, (h + 1) * N)));
	});
	const codeOf = (i: number, shift: number, base: number) =>
		clampTo(Math.round((turns[i]! / base - (i % N)) * 2 ** shift), low, high);
	let best = { error: Infinity, shift: 0, bases: new Uint16Array(H) };
	for (let shift = 0; shift <= MAX_PHASE_SHIFT; shift++) {
		const bases = new Uint16Array(H);
		let total = 0;
		for (let h = 0; h < H; h++) {
			let least = Infinity;
			for (let code = centre[h]! - BASES_TRIED; code <= centre[h]! + BASES_TRIED; code++) {
				if (code < 1 || code > 1023) continue;
				const base = phaseBaseValue(code);
				// In units of the head's own base: slow heads remember longer, and are as sensitive for it.
				const error = sum(N, (n) => {
					const i = h * N + n;
					return (
						((turns[i]! - (n + codeOf(i, shift, base) / 2 ** shift) * base) / phaseBaseValue(centre[h]!)) ** 2
					);
				});
				if (error < least) {
					least = error;
					bases[h] = code;
				}
			}
			total += least;
		}
		if (total < best.error) best = { error: total, shift, bases };
	}
	const { shift, bases } = best;
	const phase = Int16Array.from(turns, (_, i) => codeOf(i, shift, phaseBaseValue(bases[Math.floor(i / N)]!)));
	return { phase, phaseShift: shift, phaseBase: bases };
}

/** Abar as log-polar codes; `re` and `im` (H, N) have im >= 0. Writes what the device will use to `actual` (H, N, 2), real. */
export function polarA(
	re: Float64Array,
	im: Float64Array,
	H: number,
	N: number,
	radiusBits: number,
	phaseBits: number,
	actual: Float64Array,
): PolarA {
	const index = re.map((r, i) =>
		clampTo(16 * (1 - Math.log2(-Math.log(Math.hypot(r, im[i]!)))), 0, RADIUS.length - 1),
	);
	const turns = re.map((r, i) => (Math.atan2(im[i]!, r) / (2 * Math.PI)) * 65536);
	const A: PolarA = {
		format: "polar",
		radiusBits,
		phaseBits,
		...radii(index, H, N, 2 ** radiusBits),
		...phases(turns, H, N, phaseBits),
	};
	for (let h = 0; h < H; h++) for (let n = 0; n < N; n++) expandA(A, h, n, N, actual, 2 * (h * N + n));
	for (let i = 0; i < actual.length; i++) actual[i]! /= 32768;
	return A;
}
