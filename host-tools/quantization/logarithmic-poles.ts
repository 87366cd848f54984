// Logarithmic poles to integers: one grid of radii and one of phases for the poles of a layer. Only the choice of codes;
// src/network/logarithmic.ts defines their values.
import { RADIUS } from "../../src/arithmetic/tables";
import {
	HALF_TURN,
	type LogarithmicPoles,
	logarithmic,
	logarithmicPhase,
} from "../../src/network/logarithmic";
import { clampTo, radiusIndex, turnsOf } from "./poles";

/** The grid that logarithmic codes lie on. */
export type LogarithmicGrid = Pick<
	LogarithmicPoles,
	"radiusOffset" | "radiusStep" | "phaseOffset" | "phaseStep"
>;

/** The grid of poles that already have codes. */
export function logarithmicGrid(poles: LogarithmicPoles): LogarithmicGrid {
	const { radiusOffset, radiusStep, phaseOffset, phaseStep } = poles;
	return { radiusOffset, radiusStep, phaseOffset, phaseStep };
}

/** Position of a phase on its scale, real. @param turns in 2^-16 turn, 0 to 32768 */
function placeOf(turns: number): number {
	if (turns <= 1) return 0;
	const octave = Math.min(14, Math.floor(Math.log2(turns)));
	return Math.min(HALF_TURN, 2048 * (octave + turns / 2 ** octave - 1));
}

const codeOf = (at: number, offset: number, step: number, levels: number) =>
	clampTo(step ? Math.round((at - offset) / step) : 0, 0, levels - 1);

/** Steps to try below the one that spans all values, and offsets within a step. */
const STEPS = 48;
const OFFSETS = 24;

/**
 * Offset and step of a scale of `levels` codes with the smallest error.
 * @param at (P) real positions @param highest position of the scale @param error of mode p when placed at this position
 */
function gridOf(
	at: Float64Array,
	levels: number,
	highest: number,
	offsetMax: number,
	error: (p: number, place: number) => number,
): { offset: number; step: number } {
	const [low, high] = [Math.min(...at), Math.max(...at)];
	const spanning = (high - low) / (levels - 1);
	let best = { offset: Math.round(low), step: Math.ceil(spanning) };
	let least = Infinity;
	for (let k = 0; k < STEPS; k++) {
		// From slightly more than spanning down to a quarter of it, where codes at the ends represent values beyond them.
		const step = Math.max(1, Math.round(spanning * 1.2 * 0.25 ** (k / (STEPS - 1))));
		for (let j = 0; j < OFFSETS; j++) {
			// From where the highest value gets the last code to where the lowest gets the first.
			const [from, to] = [high - (levels - 0.5) * step, low + 0.5 * step];
			const offset = Math.round(Math.min(from, to) + (Math.abs(to - from) * j) / (OFFSETS - 1));
			if (offset < 0 || offset > offsetMax) continue;
			let total = 0;
			for (let p = 0; p < at.length && total < least; p++)
				total += error(p, Math.min(highest, offset + step * codeOf(at[p]!, offset, step, levels)));
			if (total < least) {
				least = total;
				best = { offset, step };
			}
		}
	}
	return best;
}

/**
 * Abar as codes on logarithmic scales; `re` and `im` (P) have im >= 0. Writes the device's poles to `actual` (P, 2), real.
 * @param weight (P) of each mode's error @param held grid to use instead of the best one
 */
export function logarithmicPoles(
	re: Float64Array,
	im: Float64Array,
	{ radiusBits, phaseBits }: { radiusBits: number; phaseBits: number },
	actual: Float64Array,
	weight: Float64Array,
	held?: LogarithmicGrid,
): LogarithmicPoles {
	const P = re.length;
	const radius = re.map((r, p) => Math.hypot(r, im[p]!));
	const index = radius.map(radiusIndex);
	const turns = re.map((r, p) => turnsOf(r, im[p]!));
	const place = turns.map(placeOf);
	// A pole that is off by its own distance from the circle is a different filter: errors are in units of that distance, up to
	// 1.
	const error = (p: number, distance: number) => {
		const off = (distance / (1 - radius[p]!)) ** 2;
		return (weight[p]! * off) / (1 + off);
	};
	const chosen = (): LogarithmicGrid => {
		const radii = gridOf(index, 2 ** radiusBits, RADIUS.length - 1, 255, (p, at) =>
			error(p, RADIUS[Math.round(at)]! / 32768 - radius[p]!),
		);
		const phases = gridOf(place, 2 ** phaseBits, HALF_TURN, 65535, (p, at) =>
			error(p, (radius[p]! * 2 * Math.PI * (logarithmicPhase(Math.round(at)) - turns[p]!)) / 65536),
		);
		return {
			radiusOffset: radii.offset,
			radiusStep: radii.step,
			phaseOffset: phases.offset,
			phaseStep: phases.step,
		};
	};
	const grid = held ?? chosen();
	const poles: LogarithmicPoles = {
		kind: "logarithmic",
		radiusBits,
		phaseBits,
		...grid,
		radius: Uint8Array.from(index, (at) => codeOf(at, grid.radiusOffset, grid.radiusStep, 2 ** radiusBits)),
		phase: Uint16Array.from(place, (at) => codeOf(at, grid.phaseOffset, grid.phaseStep, 2 ** phaseBits)),
	};
	for (let p = 0; p < P; p++) logarithmic.expand(poles, 0, p, P, actual, 2 * p);
	for (let i = 0; i < actual.length; i++) actual[i]! /= 32768;
	return poles;
}
