// Random networks with S5 mixers, beside S4D ones, over every shape and precision that the format has, for property tests.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import { rotatedBound } from "../../src/network/diagonal";
import { HALF_TURN, type LogarithmicPoles } from "../../src/network/logarithmic";
import type { Block, Network } from "../../src/network/network";
import type { Poles } from "../../src/network/poles-union";
import { INT32_MAX } from "../../src/network/proof";
import type { S5Mixer } from "../../src/network/s5";
import {
	coarseScaleOf,
	int,
	type Next,
	pick,
	preshiftFor,
	random,
	randomCodes,
	randomNetwork,
	scaleOf,
	WEIGHTS,
} from "./random-network";

export function randomLogarithmic(next: Next, rows: number, columns: number): LogarithmicPoles {
	const radiusBits = int(next, 1, 8);
	const phaseBits = int(next, 1, 12);
	const codes = (bits: number) => Array.from({ length: rows * columns }, () => int(next, 0, 2 ** bits - 1));
	return {
		kind: "logarithmic",
		radiusBits,
		phaseBits,
		radiusOffset: int(next, 0, 120),
		radiusStep: int(next, 0, Math.ceil(255 / (2 ** radiusBits - 1))),
		phaseOffset: next() < 0.05 ? 65535 : int(next, 0, 22000),
		phaseStep: next() < 0.05 ? 65535 : int(next, 0, Math.ceil(HALF_TURN / (2 ** phaseBits - 1))),
		radius: Uint8Array.from(codes(radiusBits)),
		phase: Uint16Array.from(codes(phaseBits)),
	};
}

function randomPoles(next: Next, P: number): Poles {
	const kind = pick(next, ["cartesian", "harmonic", "logarithmic"] as const);
	const bits = int(next, 6, 16);
	if (kind === "logarithmic") return randomLogarithmic(next, 1, P);
	if (kind === "cartesian") {
		const unit = 2 ** (bits - 1) - 1;
		const codes = Array.from({ length: P }, () => {
			const radius = unit * (1 - 2 ** (-1 - 8 * next()));
			const angle = 2 * Math.PI * next(); // below the real axis too
			return [Math.trunc(radius * Math.cos(angle)), Math.trunc(radius * Math.sin(angle))];
		});
		return { kind, bits, codes: Int16Array.from(codes.flat()) };
	}
	return {
		kind,
		radiusBits: 4,
		phaseBits: 8,
		radiusStep: int(next, 0, 17),
		phaseShift: int(next, 0, 7),
		radius: Uint8Array.from({ length: P }, () => int(next, 0, 15)),
		phase: Int16Array.from({ length: P }, () => int(next, -128, 127)),
		radiusOffset: Uint8Array.of(4 * int(next, 0, 40)),
		phaseBase: Uint16Array.of(int(next, 0, 500)),
	};
}

/** A lift and a scale per mode whose drives fit the state, some 5 to 60 % of it, and are proven. */
function randomDrive(next: Next, H: number, P: number, bits: number, uMax: number, xBits: number) {
	const worst = H * 2 ** (bits - 1) * uMax;
	const typical = 0.3 * Math.sqrt(H) * 2 ** (bits - 1) * uMax;
	const room = INT32_MAX - rotatedBound(xBits) - 1;
	const targets = Array.from({ length: P }, () =>
		Math.min((32768 * symmetricMax(xBits) * (0.05 + 0.55 * next())) / typical, (0.9 * room) / worst),
	);
	const highest = Math.min(24, Math.floor(Math.log2(INT32_MAX / (15 * worst + 1))));
	const lowest = Math.max(0, Math.ceil(Math.log2(Math.max(...targets) / 8)));
	const lift = int(next, Math.min(lowest, highest), highest);
	const scale = targets.map((target) => {
		const s = Math.max(0, Math.min(31, lift - Math.floor(Math.log2(target / 8))));
		const half = s ? 2 ** (s - 1) : 0;
		const fits = (f: number) => worst * (8 + f) * 2 ** lift + half <= INT32_MAX;
		let f = Math.max(0, Math.min(7, Math.floor(target / 2 ** (lift - s)) - 8));
		while (f > 0 && !fits(f)) f--;
		return (s << 3) | f;
	});
	return { lift, scale: Uint8Array.from(scale) };
}

function randomS5(next: Next, H: number, uBits: number): S5Mixer {
	const P = int(next, 1, pick(next, [16, 16, 64, 160]));
	const bits = pick(next, WEIGHTS);
	const cBits = pick(next, WEIGHTS);
	const dBits = pick(next, WEIGHTS);
	const xBits = pick(next, [4, 6, 8, 8, 10, 12, 16]);
	const bound = 2 * P * 2 ** (cBits - 1) * symmetricMax(xBits);
	const preshift = preshiftFor(bound);
	const usual = (0.2 * bound) / Math.sqrt(2 * P) / 2 ** preshift;
	return {
		kind: "s5",
		P,
		A: randomPoles(next, P),
		B: {
			bits,
			codes: randomCodes(next, 2 * P * H, bits),
			...randomDrive(next, H, P, bits, symmetricMax(uBits), xBits),
		},
		C: {
			bits: cBits,
			codes: randomCodes(next, 2 * P * H, cBits),
			preshift,
			scale: Uint8Array.from({ length: H }, () => coarseScaleOf((4096 * (0.2 + next())) / usual)),
		},
		D: {
			bits: dBits,
			codes: randomCodes(next, H, dBits),
			scale: scaleOf(1024 / (2 ** (dBits - 1) * 2 ** (uBits - 1))),
		},
		x: { bits: xBits, rounding: pick(next, ["nearest", "dithered"] as const) },
	};
}

/**
 * A network drawn from `seed`: that of `randomNetwork`, three of four blocks with S5 mixers of P 1 to 160, the others S4D, at
 * times with logarithmic poles.
 */
export function randomS5Network(seed: number, heads?: number): Network {
	const network = randomNetwork(seed, heads);
	const next = random(seed ^ 0x35353535);
	const mixer = ({ norm, mixer }: Block): Block["mixer"] => {
		if (next() < 0.75) return randomS5(next, network.H, norm.bits);
		if (mixer.kind === "s4d" && mixer.B.bits > 2 && next() < 0.5)
			return { ...mixer, A: randomLogarithmic(next, network.H, mixer.N) };
		return mixer;
	};
	return { ...network, blocks: network.blocks.map((block) => ({ ...block, mixer: mixer(block) })) };
}
