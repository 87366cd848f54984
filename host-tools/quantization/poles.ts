// Poles Abar as integers: Cartesian codes inside the unit circle, or a log-polar grid for the poles of a layer. Only the choice
// of codes; src/network/cartesian.ts and harmonic.ts define their values.
import { RADIUS } from "../../src/arithmetic/tables";
import type { CartesianPoles } from "../../src/network/cartesian";
import { type HarmonicPoles, harmonic, phaseBaseValue } from "../../src/network/harmonic";

/** The grid of harmonic codes. */
export type HarmonicGrid = Pick<HarmonicPoles, "radiusStep" | "phaseShift" | "radiusOffset" | "phaseBase">;

/** The grid of poles that already have codes. */
export function harmonicGrid(poles: HarmonicPoles): HarmonicGrid {
	const { radiusStep, phaseShift, radiusOffset, phaseBase } = poles;
	return { radiusStep, phaseShift, radiusOffset, phaseBase };
}

/** Abar inside the unit circle as Cartesian codes; writes the device's poles to `actual` (H, N, 2), real. */
export function cartesianPoles(
	re: Float64Array,
	im: Float64Array,
	bits: number,
	actual: Float64Array,
): CartesianPoles {
	const unit = 2 ** (bits - 1);
	const codes = new Int16Array(2 * re.length);
	for (let i = 0; i < re.length; i++) {
		let a = Math.max(-unit, Math.min(unit - 1, Math.round(re[i]! * unit)));
		let b = Math.max(-unit, Math.min(unit - 1, Math.round(im[i]! * unit)));
		// Rounded out of the circle: move the larger coordinate towards zero until inside.
		while (a * a + b * b >= unit * unit)
			if (Math.abs(a) > Math.abs(b)) a -= Math.sign(a);
			else b -= Math.sign(b);
		codes[2 * i] = a;
		codes[2 * i + 1] = b;
		actual[2 * i] = a / unit;
		actual[2 * i + 1] = b / unit;
	}
	return { kind: "cartesian", bits, codes };
}

export const clampTo = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v));
const sum = (count: number, of: (i: number) => number) => {
	let total = 0;
	for (let i = 0; i < count; i++) total += of(i);
	return total;
};

/** Position of a radius in RADIUS, real. */
export const radiusIndex = (radius: number) =>
	clampTo(16 * (1 - Math.log2(-Math.log(radius))), 0, RADIUS.length - 1);

/** Phase of a pole in 2^-16 turn, real. */
export const turnsOf = (re: number, im: number) => (Math.atan2(im, re) / (2 * Math.PI)) * 65536;

/** Code of a radius. @param index in RADIUS, real */
function radiusCode(index: number, offset: number, step: number, levels: number): number {
	return clampTo(Math.round((index - offset) / step), 0, levels - 1);
}

/** A grid for the radii of a layer: one step, and an offset for each head. @param index (H, N) in RADIUS, real */
function radiusGrid(index: Float64Array, H: number, N: number, levels: number) {
	const offsetOf = (h: number, step: number) => {
		const row = index.subarray(h * N, (h + 1) * N);
		const middle = (Math.min(...row) + Math.max(...row) - (levels - 1) * step) / 2;
		return 4 * clampTo(Math.round(middle / 4), 0, 63);
	};
	let best = { error: Infinity, step: 1, offsets: new Uint8Array(H) };
	for (let step = 1; step <= Math.min(64, Math.ceil(255 / (levels - 1))); step++) {
		const offsets = Uint8Array.from({ length: H }, (_, h) => offsetOf(h, step));
		const error = sum(H * N, (i) => {
			const offset = offsets[Math.floor(i / N)]!;
			return (index[i]! - Math.min(255, offset + step * radiusCode(index[i]!, offset, step, levels))) ** 2;
		});
		if (error < best.error) best = { error, step, offsets };
	}
	return { radiusStep: best.step, radiusOffset: best.offsets };
}

/** The code whose phaseBaseValue is nearest to `value`, as exponent and mantissa. */
function phaseBaseCode(value: number): number {
	let exponent = 0;
	while (value / 2 ** Math.max(0, exponent - 1) >= 127.5 && exponent < 15) exponent++;
	return exponent
		? (exponent << 6) | (clampTo(Math.round(value / 2 ** (exponent - 1)), 64, 127) - 64)
		: clampTo(Math.round(value), 1, 127);
}

/** Finest resolution of a phase around its harmonic. */
const MAX_PHASE_SHIFT = 10;
/** Codes of a head's base to try around the least-squares one. */
const BASES_TRIED = 3;

/** Phase code of mode n relative to n times its head's base. @param turns in 2^-16 turn, real */
function phaseCode(turns: number, n: number, base: number, shift: number, bits: number): number {
	return clampTo(Math.round((turns / base - n) * 2 ** shift), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
}

/** A grid for the phases of a layer: one shift, and a base for each head. @param turns (H, N) in 2^-16 turn, real */
function phaseGrid(turns: Float64Array, H: number, N: number, bits: number) {
	const centre = Array.from({ length: H }, (_, h) => {
		const line = sum(N, (n) => n * turns[h * N + n]!) / (sum(N, (n) => n * n) || 1);
		return phaseBaseCode(line || Math.max(...turns.subarray(h * N, (h + 1) * N)));
	});
	let best = { error: Infinity, shift: 0, bases: new Uint16Array(H) };
	for (let shift = 0; shift <= MAX_PHASE_SHIFT; shift++) {
		const bases = new Uint16Array(H);
		let total = 0;
		for (let h = 0; h < H; h++) {
			let least = Infinity;
			for (let code = centre[h]! - BASES_TRIED; code <= centre[h]! + BASES_TRIED; code++) {
				if (code < 1 || code > 1023) continue;
				const base = phaseBaseValue(code);
				// Errors in units of the head's own base: slow heads remember longer and are proportionally more sensitive.
				const error = sum(N, (n) => {
					const at = turns[h * N + n]!;
					const place = n + phaseCode(at, n, base, shift, bits) / 2 ** shift;
					return ((at - place * base) / phaseBaseValue(centre[h]!)) ** 2;
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
	return { phaseShift: best.shift, phaseBase: best.bases };
}

/**
 * Abar as log-polar codes; `re` and `im` (H, N) have im >= 0. Writes the device's poles to `actual` (H, N, 2), real.
 * @param held grid to use instead of the best one
 */
export function harmonicPoles(
	re: Float64Array,
	im: Float64Array,
	H: number,
	N: number,
	radiusBits: number,
	phaseBits: number,
	actual: Float64Array,
	held?: HarmonicGrid,
): HarmonicPoles {
	const index = re.map((r, i) => radiusIndex(Math.hypot(r, im[i]!)));
	const turns = re.map((r, i) => turnsOf(r, im[i]!));
	const A: HarmonicPoles = {
		kind: "harmonic",
		radiusBits,
		phaseBits,
		...(held ?? { ...radiusGrid(index, H, N, 2 ** radiusBits), ...phaseGrid(turns, H, N, phaseBits) }),
		radius: new Uint8Array(H * N),
		phase: new Int16Array(H * N),
	};
	for (let h = 0; h < H; h++)
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			A.radius[i] = radiusCode(index[i]!, A.radiusOffset[h]!, A.radiusStep, 2 ** radiusBits);
			A.phase[i] = phaseCode(turns[i]!, n, phaseBaseValue(A.phaseBase[h]!), A.phaseShift, phaseBits);
		}
	for (let h = 0; h < H; h++)
		for (let n = 0; n < N; n++) harmonic.expand(A, h, n, N, actual, 2 * (h * N + n));
	for (let i = 0; i < actual.length; i++) actual[i]! /= 32768;
	return A;
}
