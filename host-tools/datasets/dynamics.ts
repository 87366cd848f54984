// Built-in dynamical systems for forecasts: "mackey-glass" (delay 17, or another as in "mackey-glass:30") and "lorenz".
// Sequences start anywhere on the attractor. The same seed gives the same bytes on every machine: only + - * / are used.
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { Random } from "./random";
import { labelledTargets } from "./targets";

const T = 1024;
const COUNTS = { train: 128, test: 32 };
type Split = keyof typeof COUNTS;
const STREAMS = { train: 1, test: 2 };

/** One system: the names of its channels, samples per unit of time, and a sequence of `steps` samples. */
interface System {
	channels: string[];
	rate: number;
	sequence(random: Random, steps: number): Float64Array;
}

/**
 * x' = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x (Mackey, Glass, 1977): classical Runge-Kutta at 0.1, one sample per unit of
 * time. Linear interpolation between past points.
 */
function mackeyGlass(tau: number): System {
	const STEP = 0.1;
	const STEPS = 10; // per sample
	const WASHOUT = 50 * STEPS * 20;
	const lag = tau * STEPS;
	return {
		channels: ["x"],
		rate: 1,
		sequence(random, steps) {
			const begin = random.uniform(0.5, 1.5);
			const total = WASHOUT + steps * STEPS;
			const past = new Float64Array(lag + total + 1).fill(begin, 0, lag + 1);
			const slope = (x: number, delayed: number) => {
				const square = delayed * delayed;
				const fifth = square * square * delayed;
				return (0.2 * delayed) / (1 + fifth * fifth) - 0.1 * x;
			};
			for (let i = lag; i < lag + total; i++) {
				const x = past[i]!;
				const [a, b] = [past[i - lag]!, past[i - lag + 1]!];
				const middle = (a + b) / 2;
				const k1 = slope(x, a);
				const k2 = slope(x + (STEP / 2) * k1, middle);
				const k3 = slope(x + (STEP / 2) * k2, middle);
				const k4 = slope(x + STEP * k3, b);
				past[i + 1] = x + (STEP / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
			}
			return Float64Array.from({ length: steps }, (_, t) => past[lag + WASHOUT + t * STEPS]!);
		},
	};
}

/**
 * x' = 10 (y - x), y' = x (28 - z) - y, z' = x y - 8/3 z (Lorenz, 1963): classical Runge-Kutta at 0.01, one sample per step.
 */
const lorenz: System = {
	channels: ["x", "y", "z"],
	rate: 100,
	sequence(random, steps) {
		const STEP = 0.01;
		const WASHOUT = 2000;
		let state = [random.uniform(-10, 10), random.uniform(-10, 10), random.uniform(15, 35)];
		const slope = ([x, y, z]: number[]) => [10 * (y! - x!), x! * (28 - z!) - y!, x! * y! - (8 / 3) * z!];
		const moved = (from: number[], by: number, along: number[]) => from.map((v, i) => v + by * along[i]!);
		const out = new Float64Array(3 * steps);
		for (let t = -WASHOUT; t < steps; t++) {
			if (t >= 0) out.set(state, 3 * t);
			const k1 = slope(state);
			const k2 = slope(moved(state, STEP / 2, k1));
			const k3 = slope(moved(state, STEP / 2, k2));
			const k4 = slope(moved(state, STEP, k3));
			state = state.map((v, i) => v + (STEP / 6) * (k1[i]! + 2 * k2[i]! + 2 * k3[i]! + k4[i]!));
		}
		return out;
	},
};

/** The system of this name, or undefined. @throws UserError for an unsupported delay */
function systemOf(source: string): System | undefined {
	if (source === "lorenz") return lorenz;
	const [, , delay] = /^mackey-glass(:(.*))?$/.exec(source) ?? [];
	if (source === "mackey-glass") return mackeyGlass(17);
	if (delay === undefined) return undefined;
	const tau = Number(delay);
	if (!/^\d+$/.test(delay) || tau < 2 || tau > 300)
		throw new UserError(
			`The delay of mackey-glass is a whole number from 2 to 300, not ${delay.slice(0, 20)}.`,
		);
	return mackeyGlass(tau);
}

export const isSystem = (source: string): boolean => systemOf(source) !== undefined;

/** Sequences of a system: 128 to train on and 32 to test, of 1,024 steps. @param rows only these, in this order */
export function simulateSystem(source: string, split: Split, rows?: ArrayLike<number>, seed = 1): Dataset {
	const system = systemOf(source)!;
	const chosen = rows ?? Array.from({ length: COUNTS[split] }, (_, i) => i);
	const channels = system.channels.length;
	const values = new Float32Array(chosen.length * T * channels);
	for (let i = 0; i < chosen.length; i++)
		values.set(system.sequence(new Random(seed, STREAMS[split], chosen[i]!), T), i * T * channels);
	return {
		...{ name: source, split, channels, T, count: chosen.length, values },
		targets: labelledTargets(source, [source], new Uint8Array(chosen.length)),
		lengths: new Uint32Array(chosen.length).fill(T),
		rate: system.rate,
		channelNames: system.channels,
	};
}

/** One number per row, all different. */
export const systemStrata = (split: Split) => new Uint8Array(COUNTS[split]);
