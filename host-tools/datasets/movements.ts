// People, and what they do with the device of the data set "motion": each movement is a path and a rotation in the room.
import type { Random } from "./random";
import { cosine, multiply, type Quaternion, rotation, sine, TURN, turned } from "./rotations";

/** Length of a sequence. */
export const SECONDS = 2.56;

/** Names of the movements in the order of their labels. */
export const NAMES = ["rest", "walk", "run", "shake", "circle", "swipe left", "swipe right", "twist"];

/** Position (m) and small or large rotation (rotation vector, rad) in the room: x right, y away from the person, z up. */
export interface Pose {
	x: number;
	y: number;
	z: number;
	rx: number;
	ry: number;
	rz: number;
}
/** Adds its contribution to the pose at time t (seconds from the first sample). */
export type Movement = (t: number, pose: Pose) => void;

/** Constant properties of one person over all sequences. */
export interface Person {
	/** Factors of speed and size of movements. */
	tempo: number;
	size: number;
	/** Hand tremor: amplitude in m, frequency in Hz. */
	tremor: number;
	tremorRate: number;
	/** How the device is held: pitch up from flat and roll, rad. */
	pitch: number;
	roll: number;
	/** Steps per second when walking and running, forearm length (m), +1 right-handed or -1. */
	walkCadence: number;
	runCadence: number;
	forearm: number;
	hand: number;
	/** Distance and speed of the hand's return after a swipe, as a fraction of the swipe. */
	returnSize: number;
	returnSpeed: number;
}

export function drawPerson(r: Random): Person {
	return {
		tempo: r.uniform(0.8, 1.25),
		size: r.uniform(0.7, 1.35),
		tremor: r.uniform(0.00005, 0.0004),
		tremorRate: r.uniform(7.5, 11),
		pitch: r.uniform(0.25, 1.05),
		roll: r.uniform(-0.25, 0.25),
		walkCadence: r.uniform(1.5, 2.2),
		runCadence: r.uniform(2.1, 2.85),
		forearm: r.uniform(0.3, 0.42),
		hand: r.chance(0.88) ? 1 : -1,
		returnSize: r.uniform(0.5, 1.05),
		returnSpeed: r.uniform(0.5, 0.95),
	};
}

/** From 0 to 1 while t goes from `start` to `start + duration`: the minimum-jerk profile of human reaching (Flash and Hogan 1985). */
function reach(t: number, start: number, duration: number): number {
	const u = (t - start) / duration;
	if (u <= 0) return 0;
	if (u >= 1) return 1;
	return u * u * u * (10 + u * (6 * u - 15));
}

/** 1 between `start` and `end`, with smooth ramps. */
function during(t: number, start: number, end: number, ramp: number): number {
	return reach(t, start, ramp) * (1 - reach(t, end - ramp, ramp));
}

/** Start time of a gesture of `duration` seconds: mostly complete, sometimes cut off at either end of the window. */
function onset(r: Random, duration: number): number {
	const kind = r.uniform();
	if (kind < 0.06) return -duration * r.uniform(0.25, 0.6);
	if (kind < 0.12) return SECONDS - duration * r.uniform(0.4, 0.75);
	const slack = SECONDS - duration;
	return slack > 0.1 ? r.uniform(0.05, slack) : r.uniform(-0.1, 0.3);
}

/** No hand is still: slow drift of position and orientation, and the person's tremor. */
function hand(r: Random, person: Person): Movement {
	const wander = Array.from({ length: 6 }, () => ({
		size: r.uniform(0.2, 1),
		rate: r.uniform(0.1, 0.6),
		phase: r.uniform(),
	}));
	const tremor = person.tremor * r.uniform(0.5, 1.6);
	const phase = r.uniform();
	return (t, pose) => {
		const at = (i: number) => wander[i]!.size * sine(wander[i]!.rate * t + wander[i]!.phase);
		const shiver = sine(person.tremorRate * t + phase);
		pose.x += 0.008 * at(0) + tremor * shiver;
		pose.y += 0.008 * at(1);
		pose.z += 0.008 * at(2) + 0.7 * tremor * sine(person.tremorRate * 1.07 * t);
		pose.rx += 0.06 * at(3) + 12 * tremor * shiver;
		pose.ry += 0.06 * at(4);
		pose.rz += 0.06 * at(5);
	};
}

/** Someone picks the device up or turns it slightly: a movement without meaning. */
function fidget(r: Random): Movement {
	const start = r.uniform(-0.3, 2);
	const duration = r.uniform(0.5, 1.1);
	const angle = () => r.uniform(-0.6, 0.6);
	const [rx, ry, rz] = [angle(), angle(), angle()];
	const [x, z] = [r.uniform(-0.12, 0.12), r.uniform(-0.1, 0.1)];
	return (t, pose) => {
		const s = reach(t, start, duration);
		pose.x += x * s;
		pose.z += z * s;
		pose.rx += rx * s;
		pose.ry += ry * s;
		pose.rz += rz * s;
	};
}

/**
 * Walking and running: the body rises and falls once per step, and sways and turns once per stride (two steps). Heel strikes
 * are the second and third harmonic of the rise; running is higher, sharper and tilts both.
 */
function gait(r: Random, person: Person, running: boolean, strength = 1): Movement {
	const tempo = r.uniform(0.9, 1.1);
	const cadence = (running ? person.runCadence : person.walkCadence) * tempo;
	const size = person.size * r.uniform(0.75, 1.3) * strength;
	const rise = (running ? r.uniform(0.014, 0.042) : r.uniform(0.009, 0.026)) * size;
	const second = (running ? r.uniform(0.08, 0.22) : r.uniform(0.08, 0.3)) * rise;
	const third = r.uniform(0, 0.06) * rise;
	const sway = r.uniform(0.006, 0.022) * size;
	const surge = r.uniform(0.004, 0.014) * size;
	const swing = (running ? r.uniform(0.1, 0.5) : r.uniform(0.05, 0.4)) * size;
	const yaw = r.uniform(0.03, 0.15) * size;
	const phase = r.uniform();
	const [phase2, phase3, phaseSway, phaseSwing] = [r.uniform(), r.uniform(), r.uniform(), r.uniform()];
	// Some start or stop walking within the window.
	const start = r.chance(0.12) ? r.uniform(0.2, 1.4) : -2;
	const end = start < 0 && r.chance(0.12) ? r.uniform(1, 2.2) : SECONDS + 2;
	return (t, pose) => {
		const on = during(t, start, end, 0.5);
		const step = cadence * t + phase;
		const stride = step / 2;
		pose.z += on * (rise * sine(step) + second * sine(2 * step + phase2) + third * sine(3 * step + phase3));
		pose.x += on * sway * sine(stride + phaseSway);
		pose.y += on * surge * sine(step + phaseSway);
		pose.rx += on * swing * sine(stride + phaseSwing);
		pose.rz += on * yaw * sine(stride + phaseSway);
	};
}

/** To and fro along a line, quickly, with the wrist turning. */
function shake(r: Random, person: Person): Movement {
	const rate = r.uniform(2.2, 5) * person.tempo;
	const size = (person.size * r.uniform(0.05, 0.25)) / (rate * rate);
	const [ax, ay, az] = direction(r);
	const turn = r.uniform(0, 0.5) / rate;
	const phase = r.uniform();
	const duration = r.uniform(1, 3);
	const start = onset(r, duration);
	return (t, pose) => {
		const s = 2 * during(t, start, start + duration, 0.25) * sine(rate * t + phase);
		pose.x += ax * size * s;
		pose.y += ay * size * s;
		pose.z += az * size * s;
		pose.ry += turn * s;
		pose.rx += 0.5 * turn * s;
	};
}

/** Circles in the air in front of the person, in either direction, one to three of them. */
function circle(r: Random, person: Person): Movement {
	const rate = r.uniform(0.75, 1.45) * person.tempo;
	const radius = (r.uniform(0.05, 0.16) * person.size) / rate;
	const flat = r.uniform(0.65, 1.2);
	const way = r.chance(0.5) ? 1 : -1;
	const duration = r.uniform(1, 2.6) / rate;
	const start = onset(r, duration);
	const phase = r.uniform();
	const lean = r.uniform(-0.35, 0.35);
	const wrist = r.uniform(0.1, 0.7) * person.size;
	return (t, pose) => {
		// The hand speeds up and slows down along the circle; it leaves and reaches the centre on a spiral.
		const on = during(t, start, start + duration, 0.3 / rate);
		const angle = way * rate * (t - start) + phase;
		const [c, s] = [on * cosine(angle), on * sine(angle)];
		pose.x += radius * c;
		pose.z += radius * flat * s;
		pose.y += radius * lean * c;
		pose.rz -= wrist * c;
		pose.rx += wrist * 0.6 * s;
	};
}

/**
 * The forearm swings about the elbow, mostly level: the hand follows an arc and the device turns with it. A small wind-up in
 * the opposite direction precedes it and a slower return follows, so that direction alone does not distinguish left from right.
 */
function swipe(r: Random, person: Person, way: 1 | -1): Movement {
	const duration = r.uniform(0.32, 0.62) / person.tempo;
	const angle = r.uniform(0.3, 1.05) * person.size;
	const windUp = r.uniform(0, 0.55);
	const windUpTime = duration * r.uniform(0.8, 1.6);
	const wait = r.uniform(0, 0.5);
	const back = person.returnSize * r.uniform(0.6, 1.1);
	const backTime = duration / (person.returnSpeed * r.uniform(0.7, 1.2));
	const rise = r.uniform(-0.3, 0.3);
	const wrist = r.uniform(0.6, 1.2);
	const roll = r.uniform(-0.4, 0.4);
	const first = onset(r, duration);
	const rest = (-r.uniform(-0.2, 0.4) * person.hand * angle) / 2;
	return (t, pose) => {
		const s =
			-windUp * reach(t, first - windUpTime, windUpTime) +
			(1 + windUp) * reach(t, first, duration) -
			back * reach(t, first + duration + wait, backTime);
		// Seen from above, a positive rotation about z moves the hand to the left.
		const phi = rest - way * angle * s;
		const [sinPhi, cosPhi] = [sine(phi * TURN), cosine(phi * TURN)];
		pose.x -= person.forearm * sinPhi;
		pose.y += person.forearm * cosPhi;
		pose.z += person.forearm * rise * angle * s * 0.5;
		pose.rz += wrist * phi;
		pose.ry += way * roll * angle * s;
	};
}

/** The forearm rotates about its own axis, to and fro, one to three times; the device is slightly off that axis. */
function twist(r: Random, person: Person, axis: [number, number, number]): Movement {
	const rate = r.uniform(0.8, 2.2) * person.tempo;
	// Wrists do not rotate faster than about 12 rad/s.
	const angle = Math.min(r.uniform(0.2, 1.1) * person.size, 12 / (2 * Math.PI * rate));
	const offset = r.uniform(0.01, 0.05);
	const duration = r.uniform(0.8, 2.6) / rate;
	const start = onset(r, duration);
	const way = r.chance(0.5) ? 1 : -1;
	return (t, pose) => {
		const turn = way * angle * during(t, start, start + duration, 0.25 / rate) * sine(rate * (t - start));
		pose.rx += axis[0] * turn;
		pose.ry += axis[1] * turn;
		pose.rz += axis[2] * turn;
		pose.x += offset * sine(turn * TURN);
		pose.z += offset * cosine(turn * TURN);
	};
}

/** A direction in space, uniform over the sphere (rejection from the cube: square root is all it needs). */
function direction(r: Random): [number, number, number] {
	for (;;) {
		const [x, y, z] = [r.uniform(-1, 1), r.uniform(-1, 1), r.uniform(-1, 1)];
		const square = x * x + y * y + z * z;
		if (square > 0.01 && square <= 1) {
			const scale = 1 / Math.sqrt(square);
			return [x * scale, y * scale, z * scale];
		}
	}
}

/** The movements of one sequence, and the device's initial orientation. */
export function scene(
	r: Random,
	person: Person,
	label: number,
): { movements: Movement[]; start: Quaternion } {
	const name = NAMES[label]!;
	const onFoot = name === "walk" || name === "run";
	// Carried in any orientation while walking, running or resting; gestures are made with the device in the hand.
	const carried = (onFoot && r.chance(0.6)) || (name === "rest" && r.chance(0.4));
	let start: Quaternion;
	if (carried) {
		const [x, y, z] = direction(r);
		const angle = r.uniform(0, Math.PI);
		start = rotation(x * angle, y * angle, z * angle);
	} else {
		const yaw = rotation(0, 0, 0.22 * r.bell());
		const pitch = rotation(person.pitch + 0.2 * r.bell(), 0, 0);
		start = multiply(yaw, multiply(pitch, rotation(0, person.roll + 0.2 * r.bell(), 0)));
	}
	const movements: Movement[] = [];
	if (name === "rest") {
		if (!carried || r.chance(0.4)) movements.push(hand(r, person));
		if (r.chance(0.3)) movements.push(fidget(r));
	} else {
		movements.push(hand(r, person));
	}
	// Gestures happen on the move, too.
	if (!onFoot && name !== "rest" && r.chance(0.25))
		movements.push(gait(r, person, false, r.uniform(0.2, 0.75)));
	if (onFoot) movements.push(gait(r, person, name === "run"));
	if (name !== "rest" && r.chance(0.12)) movements.push(fidget(r));
	if (name === "shake") movements.push(shake(r, person));
	if (name === "circle") movements.push(circle(r, person));
	if (name === "swipe left") movements.push(swipe(r, person, -1));
	if (name === "swipe right") movements.push(swipe(r, person, 1));
	if (name === "twist") movements.push(twist(r, person, turned(start, 0, 1, 0)));
	return { movements, start };
}
