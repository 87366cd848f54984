// The built-in data set "motion": simulated accelerometer and gyroscope in a hand, a pocket or on a table while a person does
// one of eight things. A physical model, not a recording: every movement is a path and a rotation in space, and both sensors
// are derived from that one pose, so that they agree with each other and with gravity. It contains nobody's data. The same seed
// gives the same bytes on every machine: only + - * / and square root, exactly defined by IEEE 754, are used, and values are
// rounded to the grid of a sensor's least significant bit.
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { drawPerson, NAMES, type Person, type Pose, SECONDS, scene } from "./movements";
import { Random } from "./random";
import { conjugate, multiply, type Quaternion, rotation, turned } from "./rotations";
import { labelledTargets, type Targets } from "./targets";

const CHANNELS = [
	"acc x (m/s^2)",
	"acc y (m/s^2)",
	"acc z (m/s^2)",
	"gyro x (rad/s)",
	"gyro y (rad/s)",
	"gyro z (rad/s)",
];
const RATE = 50;
const T = SECONDS * RATE;
const GRAVITY = 9.80665;
/** Half the step of the finite differences that derive acceleration and angular rate from poses, in seconds. */
const H = 1 / 400;
/** Ranges and resolution of a common part at +-8 g and +-1000 degrees per second. */
const ACC_LIMIT = 8 * GRAVITY;
const ACC_STEP = 2 ** -9;
const GYRO_LIMIT = 17.4533;
const GYRO_STEP = 2 ** -12;

const SPLITS = {
	train: { count: 4000, people: 40, firstPerson: 0, stream: 2 },
	test: { count: 1000, people: 10, firstPerson: 1000, stream: 3 },
};
type Split = keyof typeof SPLITS;

/** Writes one sequence, (T, 6), to `out` from `offset`. */
function record(r: Random, person: Person, label: number, out: Float32Array, offset: number): void {
	const { movements, start } = scene(r, person, label);
	const pose: Pose = { x: 0, y: 0, z: 0, rx: 0, ry: 0, rz: 0 };
	const at = (t: number): [number, number, number, Quaternion] => {
		pose.x = pose.y = pose.z = pose.rx = pose.ry = pose.rz = 0;
		for (const movement of movements) movement(t, pose);
		return [pose.x, pose.y, pose.z, multiply(rotation(pose.rx, pose.ry, pose.rz), start)];
	};
	// The sensor: noise, a constant bias, drift over the window, and a scale error, independent per axis.
	const accNoise = r.uniform(0.02, 0.12);
	const gyroNoise = r.uniform(0.003, 0.03);
	const errors = Array.from({ length: 6 }, (_, i) => ({
		scale: 1 + 0.012 * r.bell(),
		bias: (i < 3 ? 0.15 : 0.03) * r.bell(),
		drift: (i < 3 ? 0.05 : 0.015) * r.bell(),
	}));
	for (let step = 0; step < T; step++) {
		const t = step / RATE;
		const [x0, y0, z0, q0] = at(t - H);
		const [x1, y1, z1, q1] = at(t);
		const [x2, y2, z2, q2] = at(t + H);
		// An accelerometer feels acceleration minus gravity, in its own axes.
		const acc = turned(
			conjugate(q1),
			(x2 - 2 * x1 + x0) / (H * H),
			(y2 - 2 * y1 + y0) / (H * H),
			(z2 - 2 * z1 + z0) / (H * H) + GRAVITY,
		);
		// The rotation from q0 to q2 in the device's axes is twice its vector part, for small angles.
		const turn = multiply(conjugate(q0), q2);
		const rate = Math.sign(turn[0]) / H;
		const truth = [acc[0], acc[1], acc[2], turn[1] * rate, turn[2] * rate, turn[3] * rate];
		for (let channel = 0; channel < 6; channel++) {
			const isAcc = channel < 3;
			const { scale, bias, drift } = errors[channel]!;
			const noise = (isAcc ? accNoise : gyroNoise) * r.bell();
			const value = truth[channel]! * scale + bias + drift * (step / T) + noise;
			const limit = isAcc ? ACC_LIMIT : GYRO_LIMIT;
			const grid = isAcc ? ACC_STEP : GYRO_STEP;
			const clipped = Math.max(-limit, Math.min(limit, value));
			out[offset + step * 6 + channel] = Math.round(clipped / grid) * grid;
		}
	}
}

/** Labels of the first `count` rows: each run of eight rows holds every class once, in random order. */
export function motionLabels(split: Split, count = SPLITS[split].count, seed = 1): Uint8Array {
	const labels = new Uint8Array(count);
	const order = NAMES.map((_, i) => i);
	for (let row = 0; row < count; row++) {
		const place = row % NAMES.length;
		if (place === 0) {
			for (let i = 0; i < order.length; i++) order[i] = i;
			new Random(seed, SPLITS[split].stream + 2, Math.floor(row / NAMES.length)).shuffle(order);
		}
		labels[row] = order[place]!;
	}
	return labels;
}

/**
 * The data set "motion": sequences of 128 steps at 50 Hz with six channels (accelerometer in m/s^2, gravity included, and
 * gyroscope in rad/s), eight movements in equal parts. The people of "test" do not occur in "train". Row i is the same for every
 * `count`.
 *
 * @param options.count rows, 1 to 200000; 4000 for train and 1000 for test when absent
 * @param options.rows only these of them, in this order
 * @param options.seed any integer; each seed is a different population
 */
export function motion(options: {
	split: Split;
	count?: number;
	rows?: ArrayLike<number>;
	seed?: number;
	targets?: Targets["kind"] | undefined;
}): Dataset {
	const { people, firstPerson, stream, count: usual } = SPLITS[options.split];
	const { count = usual, seed = 1 } = options;
	if (!Number.isInteger(count) || count < 1 || count > 200_000)
		throw new UserError(`The data set "motion" makes 1 to 200000 sequences, not ${count}.`);
	const persons = Array.from({ length: people }, (_, i) => drawPerson(new Random(seed, 1, firstPerson + i)));
	const allLabels = motionLabels(options.split, count, seed);
	const rows = options.rows ?? [...allLabels.keys()];
	const values = new Float32Array(rows.length * T * 6);
	const labels = new Uint8Array(rows.length);
	for (let i = 0; i < rows.length; i++) {
		const row = rows[i]!;
		labels[i] = allLabels[row]!;
		const person = persons[Math.floor(row / NAMES.length) % people]!;
		record(new Random(seed, stream, row), person, labels[i]!, values, i * T * 6);
	}
	return {
		name: "motion",
		split: options.split,
		channels: 6,
		T,
		count: rows.length,
		values,
		targets: labelledTargets("motion", NAMES, labels, options.targets),
		lengths: new Uint32Array(rows.length).fill(T),
		rate: RATE,
		channelNames: [...CHANNELS],
	};
}
