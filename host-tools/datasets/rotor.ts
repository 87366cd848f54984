// The built-in data set "rotor": the vibration of a simulated shaft, and its speed at every step as the target. Each sequence is
// another machine. The same seed gives the same bytes on every machine: only + - * / are used.
import type { Dataset } from "./dataset";
import { Random } from "./random";
import { sine } from "./rotations";

const RATE = 200;
const T = 256;
const COUNTS = { train: 512, test: 128 };
type Split = keyof typeof COUNTS;
const STREAMS = { train: 1, test: 2 };
/** Turns per second; the second harmonic stays below half the rate. */
const SLOWEST = 5;
const FASTEST = 40;
/** Speed at which unbalance is drawn. */
const NOMINAL = 20;
const GRAVITY = 9.80665;

/** The speed at each step: parts of 0.1 to 1 second, held or changing evenly to another speed. */
function speeds(random: Random): Float64Array {
	const speed = new Float64Array(T);
	let now = random.uniform(SLOWEST, FASTEST);
	for (let t = 0; t < T; ) {
		const steps = 20 + random.below(180);
		const to = random.chance(0.4) ? now : random.uniform(SLOWEST, FASTEST);
		for (let k = 1; k <= steps && t < T; k++, t++) speed[t] = now + ((to - now) * k) / steps;
		now = to;
	}
	return speed;
}

/**
 * Acceleration of the bearing along one axis: unbalance turns with the shaft and grows with the square of its speed,
 * misalignment shakes twice in a turn; gravity as the sensor is mounted, and noise.
 */
function record(random: Random, speed: Float64Array, out: Float32Array): void {
	const unbalance = random.uniform(0.5, 3);
	const misalignment = random.uniform(0, 0.4) * unbalance;
	const [offset, noise] = [random.uniform(-GRAVITY, GRAVITY), random.uniform(0.05, 0.4)];
	let turns = random.uniform();
	const lag = random.uniform();
	for (const [t, now] of speed.entries()) {
		turns += now / RATE;
		turns -= Math.floor(turns);
		const shaken = unbalance * sine(turns) + misalignment * sine(2 * turns + lag);
		const fast = now / NOMINAL;
		out[t] = offset + shaken * fast * fast + noise * random.bell();
	}
}

export const rotorStrata = (split: Split) => new Uint8Array(COUNTS[split]);

/** Sequences of 256 steps at 200 Hz: 512 to train on and 128 to test. @param rows only these, in this order */
export function rotor(split: Split, rows: ArrayLike<number>, seed = 1): Dataset {
	const count = rows.length;
	const [values, of] = [new Float32Array(count * T), new Float32Array(count * T)];
	for (let i = 0; i < count; i++) {
		const random = new Random(seed, STREAMS[split], rows[i]!);
		const speed = speeds(random);
		of.set(speed, i * T);
		record(random, speed, values.subarray(i * T, (i + 1) * T));
	}
	const lengths = new Uint32Array(count).fill(T);
	return {
		...{ name: "rotor", split, channels: 1, T, count, values, lengths, rate: RATE },
		targets: { kind: "values", names: ["speed"], units: ["Hz"], steps: { T, lengths }, of },
		channelNames: ["acceleration (m/s2)"],
	};
}
