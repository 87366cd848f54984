// The rules of docs/ARITHMETIC.md, one after the other: the reference against the page in exact integers (page-arithmetic.ts).
// Kernel and reference are held equal elsewhere (kernel.test.ts, witness.test.ts).
import { describe, expect, test } from "vitest";
import {
	applyCoarseScale,
	applyScale,
	clamp,
	roundShift,
	symmetricMax,
} from "../../src/arithmetic/arithmetic";
import { Dither } from "../../src/arithmetic/dither";
import { phi } from "../../src/arithmetic/phi";
import { polarToCartesian } from "../../src/arithmetic/polar";
import { COSINE, PHI } from "../../src/arithmetic/tables";
import { PHI_TABLES } from "../../src/network/gelu";
import { GATE_TABLES } from "../../src/network/glu";
import type { Linear } from "../../src/network/linear";
import type { LinearEncoder } from "../../src/network/linear-encoder";
import { arithmeticVersion, type Block, type Network } from "../../src/network/network";
import { polesKind } from "../../src/network/poles-union";
import { provenNetwork } from "../../src/network/prove";
import { derivedGain, expandGain, type S4dMixer } from "../../src/network/s4d";
import type { S5Mixer } from "../../src/network/s5";
import { affine } from "../../src/reference/affine";
import * as CHANNELS from "../../src/reference/channels";
import { gelu } from "../../src/reference/gelu";
import { glu } from "../../src/reference/glu";
import { linearRow } from "../../src/reference/linear";
import { Reference } from "../../src/reference/reference";
import { s4d } from "../../src/reference/s4d";
import { s5 } from "../../src/reference/s5";
import * as page from "../support/page-arithmetic";
import { randomChannels } from "../support/random-channels";
import { random, randomNetwork, randomSamples, type S4dBlock, withPooling } from "../support/random-network";
import { randomNorms } from "../support/random-norms";
import { randomLogarithmic, randomS5Network } from "../support/random-s5";

const next = random(12);
const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
const int32 = () => whole(-(2 ** 31), 2 ** 31 - 1);
const big = (values: ArrayLike<number>) => Array.from(values, BigInt);
const many = (times: number, check: () => void) => {
	for (let i = 0; i < times; i++) check();
};

/** Networks with every kind and precision; some with the widest fractions. */
const networks = Array.from({ length: 60 }, (_, i) => randomNetwork(300 + i));
for (const [i, network] of networks.entries())
	if (i % 3 === 0)
		for (const block of network.blocks)
			Object.assign(block, {
				yFraction: 3 + (i % 10),
				channel: { ...block.channel, gateFraction: 3 + ((i + 5) % 10) },
			});
const blocks = networks.flatMap(({ blocks }) => blocks);

describe("numbers and operations", () => {
	test("[A2, A3] shifts round down, or half up, and wrap", () =>
		many(20_000, () => {
			const [v, s] = [int32(), whole(0, 31)];
			expect(roundShift(v, s)).toBe(Number(page.rshift(BigInt(v), BigInt(s))));
		}));

	test("[A4] clamp and symmetric saturation", () =>
		many(5000, () => {
			const [v, k] = [int32(), whole(2, 16)];
			expect(clamp(v, -symmetricMax(k), symmetricMax(k))).toBe(Number(page.sat(BigInt(v), k)));
		}));

	test("[A1, A5, A6] scales of both sizes, also where their products wrap", () =>
		many(40_000, () => {
			const [v, c] = [next() < 0.5 ? int32() : whole(-(2 ** 18), 2 ** 18), whole(0, 65535)];
			expect(applyScale(v, c)).toBe(Number(page.scale(BigInt(v), c)));
			expect(applyCoarseScale(v, c & 255)).toBe(Number(page.coarse(BigInt(v), c & 255)));
		}));

	test("[A1, A8] a linear map, also one whose sums wrap", () =>
		many(300, () => {
			const columns = whole(1, 40);
			const map: Linear = {
				rows: 2,
				columns,
				bits: 8,
				weights: Int8Array.from({ length: 2 * columns }, () => whole(-128, 127)),
				preshift: whole(0, 30),
				scale: Uint8Array.of(whole(0, 255), whole(0, 255)),
				biasBits: 16,
				biasShift: 0,
				bias: Int16Array.of(whole(-32768, 32767), whole(-32768, 32767)),
			};
			const input = Array.from({ length: columns }, () => (next() < 0.3 ? int32() : whole(-32768, 32767)));
			for (const i of [0, 1]) expect(linearRow(map, i, input)).toBe(Number(page.row(map, i, big(input))));
		}));
});

describe("tables", () => {
	test.each(["gelu", "gelu_tanh", "gelu_sigmoid", "qgelu", "sigmoid", "hard_sigmoid"] as const)(
		"[A9, A10] phi of %s",
		(form) =>
			many(10_000, () => {
				const [v, F] = [next() < 0.5 ? whole(-32767, 32767) : whole(-600, 600), whole(3, 12)];
				expect(phi(PHI[form], v, F)).toBe(Number(page.phi(form, BigInt(v), F)));
			}),
	);

	test("[A11, A28] every angle of a pole", () => {
		const out = new Int32Array(2);
		expect(COSINE.length).toBe(258);
		for (let angle = 0; angle <= 32768; angle++) {
			const radius = (angle * 37) & 255;
			polarToCartesian(radius, angle, out, 0);
			if (String([...out]) !== String(page.polar(radius, BigInt(angle))))
				expect.fail(`radius ${radius}, angle ${angle}`);
		}
	});
});

describe("kinds", () => {
	const residual = (H: number) => Int16Array.from({ length: H }, () => whole(-32767, 32767));

	test("[A20] affine norm", () => {
		for (const { norm } of blocks) {
			const r = residual(norm.scale.length);
			const u = new Int16Array(r.length);
			affine(norm, r, u);
			expect(big(u)).toEqual(page.affine(norm, big(r)));
		}
	});

	test.each(["cartesian", "harmonic"] as const)("[A25, A26, A27] poles, %s", (kind) => {
		const out = new Int16Array(2);
		let seen = 0;
		for (const { mixer } of blocks)
			if (mixer.A.kind === kind)
				for (let h = 0; h < mixer.D.codes.length; h++)
					for (let n = 0; n < mixer.N; n++) {
						polesKind(mixer.A).expand(mixer.A, h, n, mixer.N, out, 0);
						expect(big(out)).toEqual(page.pole(mixer.A, mixer.N, h, n));
						seen++;
					}
		expect(seen).toBeGreaterThan(1000);
	});

	test("[A24] the gain derived from any pole, any shift", () =>
		many(30_000, () => {
			const [re, im, shift] = [whole(-32768, 32767), whole(-32768, 32767), whole(0, 34)];
			expect(derivedGain(re, im, shift)).toBe(
				Number(page.derivedGain(BigInt(re), BigInt(im), BigInt(shift))),
			);
		}));

	test("[A2, A23] input gains of every width, shifted until they wrap", () => {
		const pole = new Int16Array(2);
		const seen = new Set<number>();
		for (const { mixer } of blocks) {
			const wild: S4dMixer = { ...mixer, B: { ...mixer.B, shift: mixer.B.shift.map(() => whole(0, 31)) } };
			for (const one of [mixer, wild])
				for (let i = 0; i < one.B.codes.length; i++) {
					const [h, n] = [Math.floor(i / one.N), i % one.N];
					polesKind(one.A).expand(one.A, h, n, one.N, pole, 0);
					const [re, im] = [pole[0]!, pole[1]!];
					expect(BigInt(expandGain(one.B, h, i, re, im))).toBe(
						page.gain(one, h, n, [BigInt(re), BigInt(im)]),
					);
					seen.add(one.B.bits);
				}
		}
		expect([...seen].sort()).toEqual([0, 2, 4, 8]);
	});

	test("[A43, A44, A45] logarithmic poles, those of heads and those of a layer", () => {
		const out = new Int16Array(2);
		for (let i = 0; i < 300; i++) {
			const [rows, columns] = i & 1 ? [1, whole(1, 40)] : [whole(1, 8), whole(1, 6)];
			const A = randomLogarithmic(next, rows, columns);
			for (let h = 0; h < rows; h++)
				for (let n = 0; n < columns; n++) {
					polesKind(A).expand(A, h, n, columns, out, 0);
					expect(big(out)).toEqual(page.pole(A, columns, h, n));
				}
		}
	});

	test("[A18, A40, A41, A42] the S5 mixer, nearest and dithered, also where sums wrap", () => {
		for (let seed = 0; seed < 40; seed++)
			for (const { mixer } of randomS5Network(seed).blocks) {
				if (mixer.kind !== "s5") continue;
				const H = mixer.D.codes.length;
				if (seed % 4 === 0) mixer.B = { ...mixer.B, lift: 24, scale: mixer.B.scale.map(() => whole(0, 255)) };
				const dither = new Dither();
				dither.seed = int32();
				const run = s5(mixer, H);
				const x = Array<bigint>(2 * mixer.P).fill(0n);
				for (let t = 0; t < 5; t++) {
					const u = Int16Array.from({ length: H }, () => whole(-127, 127));
					const y = new Int16Array(H);
					const word = { s: BigInt.asUintN(32, BigInt(dither.seed)) };
					dither.step();
					run.step(u, y, dither);
					expect(big(y)).toEqual(page.mixer(mixer, x, big(u), word));
					expect(big(run.x)).toEqual(x);
				}
			}
	});

	test("[A18, A21, A22] the S4D mixer, nearest and dithered, also where sums wrap", () => {
		for (const [i, { mixer }] of blocks.entries()) {
			const H = mixer.D.codes.length;
			if (i % 4 === 0) mixer.B.shift.fill(31);
			const dither = new Dither();
			dither.seed = int32();
			const run = s4d(mixer, H);
			const x = Array<bigint>(2 * H * mixer.N).fill(0n);
			for (let t = 0; t < 6; t++) {
				const u = Int16Array.from({ length: H }, () => whole(-127, 127));
				const y = new Int16Array(H);
				const word = { s: BigInt.asUintN(32, BigInt(dither.seed)) };
				dither.step();
				run.step(u, y, dither);
				expect(big(y)).toEqual(page.mixer(mixer, x, big(u), word));
				expect(big(run.x)).toEqual(x);
			}
		}
	});

	test("[A29] GELU and its forms", () => {
		for (const { activation, yFraction } of blocks) {
			const y = residual(40);
			const g = new Int16Array(40);
			for (const table of PHI_TABLES) {
				gelu({ ...activation, table }, y, yFraction, g);
				expect(big(g)).toEqual(page.activation({ ...activation, table }, big(y), yFraction));
			}
		}
	});

	test("[A30] the gated linear unit", () => {
		for (const { channel } of blocks) {
			const g = Int16Array.from({ length: channel.value.columns }, () => whole(-128, 127));
			const add = new Int32Array(g.length);
			for (const gateTable of GATE_TABLES) {
				glu({ ...channel, gateTable }, g, add);
				expect(big(add)).toEqual(page.channel({ ...channel, gateTable }, big(g), []));
			}
		}
	});
});

describe("channel mixers", () => {
	test.each(["half_glu1", "half_glu2", "ungated"] as const)("[A56, A57] %s", (kind) => {
		let seen = 0;
		for (let seed = 0; seed < 60; seed++)
			for (const { channel } of randomChannels(seed).blocks) {
				if (channel.kind !== kind) continue;
				const H = channel.scale.length;
				const g = Int16Array.from({ length: H }, () => whole(-128, 127));
				const y = Int16Array.from({ length: H }, () => whole(-32767, 32767));
				const add = new Int32Array(H);
				const run = CHANNELS[kind] as (...of: unknown[]) => void;
				run(channel, g, add, y);
				expect(big(add)).toEqual(page.channel(channel, big(g), big(y)));
				seen++;
			}
		expect(seen).toBeGreaterThan(10);
	});
});

/** The page's stream beside the reference's; asked for outputs after every step. */
function together(network: Network, steps: number): void {
	const channels = network.input.length;
	const samples = randomSamples(network.ditherSeed, steps, channels);
	const stream = new page.PageStream(network);
	const reference = new Reference(network);
	for (let t = 0; t < steps; t++) {
		const sample = samples.subarray(t * channels, (t + 1) * channels);
		stream.step([...sample]);
		reference.write(sample);
		expect(big(reference.outputs())).toEqual(stream.outputs());
	}
	const cut = new Reference(network);
	cut.write(samples.subarray(0, channels));
	cut.reset();
	cut.write(samples);
	expect(cut.stateBytes()).toEqual(reference.stateBytes());
	expect(stateOf(network, stream)).toEqual([...reference.stateBytes()]);
}

/** A34: the bytes between the blob's CRC-32 and the state's own. */
function stateOf(network: Network, { T, seed, sums, r, x }: page.PageStream): number[] {
	const bytes: number[] = [];
	const put = (v: bigint, size: number) => {
		for (let k = 0; k < size; k++) bytes.push(Number((v >> BigInt(8 * k)) & 255n));
	};
	const padded = (values: readonly bigint[], size: number) => {
		for (const v of values) put(v, size);
		while (bytes.length % 4) bytes.push(0);
	};
	put(T, 4);
	put(seed, 4);
	if (network.head.pooling === "mean") padded(sums, 4);
	else padded(r, 2);
	network.blocks.forEach(({ mixer }, l) => {
		padded(x[l]!, mixer.x.bits <= 8 ? 1 : 2);
	});
	return bytes;
}

describe("streams", () => {
	test.each(["mean", "last"] as const)(
		"[A14, A15, A16, A17, A18, A19, A31, A32, A33, A34] outputs after every step and the state at the end, %s pooling",
		(pooling) => {
			for (const network of networks.slice(0, 30))
				together(withPooling(randomNetwork(network.ditherSeed), pooling), 12);
			for (let seed = 0; seed < 10; seed++) together(withPooling(randomS5Network(seed), pooling), 6);
			for (let seed = 0; seed < 20; seed++) together(withPooling(randomChannels(seed), pooling), 6);
		},
	);

	test("[A17, A47] streams with every kind of version 3, which their blobs state", () => {
		for (let seed = 1; seed <= 30; seed++) together(randomNorms(seed, seed & 1 ? "layer" : "rms"), 8);
		expect(arithmeticVersion(networks[0]!)).toBe(2);
		for (let seed = 1; seed <= 30; seed++) expect(arithmeticVersion(randomNorms(seed, "rms"))).toBe(3);
		const [first] = networks[0]!.blocks as [S4dBlock];
		const version = (block: Block) => arithmeticVersion({ ...networks[0]!, blocks: [block] });
		expect(version(first)).toBe(2);
		expect(version({ ...first, activation: { ...first.activation, table: "qgelu" } })).toBe(3);
		expect(version({ ...first, channel: { ...first.channel, gateTable: "hard_sigmoid" } })).toBe(3);
	});

	test("[A33] there are no outputs before the first step", () => {
		expect(() => new Reference(networks[0]!).outputs()).toThrow("ESSM_E_EMPTY");
	});
});

describe("the proof", () => {
	/** A network of one head, one mode and one block, with 8-bit codes that can be set. */
	function small(): Network & { encoder: LinearEncoder } {
		const map = (columns: number): Linear => ({
			rows: 1,
			columns,
			bits: 8,
			weights: new Int8Array(columns),
			preshift: 0,
			scale: new Uint8Array(1),
			biasBits: 16,
			biasShift: 0,
			bias: new Int16Array(1),
		});
		const base = randomNetwork(1);
		const block = base.blocks[0]!;
		return {
			...base,
			H: 1,
			residualBits: 16,
			input: base.input.slice(0, 1),
			encoder: { kind: "linear", map: map(1) },
			blocks: [
				{
					norm: {
						...block.norm,
						bits: 8,
						scale: Uint8Array.of(0),
						zero: Int32Array.of(0),
						zeroShift: Uint8Array.of(0),
					},
					mixer: {
						kind: "s4d",
						N: 1,
						A: { kind: "cartesian", bits: 16, codes: new Int16Array(2) },
						B: { bits: 8, codes: Uint8Array.of(0), shift: Uint8Array.of(0) },
						C: { bits: 8, codes: new Int8Array(2), preshift: 0, scale: Uint8Array.of(0) },
						D: { bits: 8, codes: new Int8Array(1), scale: 0 },
						x: { bits: 16, rounding: "nearest" },
					},
					yFraction: 12,
					activation: { ...block.activation, bits: 8 },
					channel: { ...block.channel, value: map(1), gate: map(1) },
					post: { kind: "none" },
				},
			],
			head: {
				kind: "classes",
				pooling: "last",
				outputs: 2,
				fraction: 10,
				map: {
					...map(1),
					rows: 2,
					weights: new Int8Array(2),
					scale: new Uint8Array(2),
					bias: new Int16Array(2),
				},
			},
			labels: ["a", "b"],
		};
	}
	const changed = (change: (network: ReturnType<typeof small>) => void) => {
		const network = small();
		change(network);
		return () => provenNetwork(network);
	};
	const mixerOf = (network: Network) => network.blocks[0]!.mixer;

	test("[A36] an accumulator is accepted up to 2^22 after its preshift, and refused beyond", () => {
		expect(changed((n) => n.encoder.map.weights.fill(127))).not.toThrow(); // 127 * 32768 < 2^22
		expect(changed((n) => n.encoder.map.weights.fill(-128))).toThrow(/^encoder: .* 4194304, beyond 2\^22/);
		expect(
			changed((n) => Object.assign(n.encoder.map, { weights: Int8Array.of(-128), preshift: 1 })),
		).not.toThrow();
		expect(changed((n) => mixerOf(n).C.codes.fill(-64))).not.toThrow(); // 2 * 64 * 32767 < 2^22
		expect(changed((n) => mixerOf(n).C.codes.fill(-65))).toThrow(
			/^block 0 mixer C: its accumulator can reach 4259710/,
		);
		expect(changed((n) => n.head.map.weights.fill(-128))).not.toThrow(); // 128 * 32767 < 2^22
	});

	test("[A37] the state is accepted up to int32, and refused beyond", () => {
		// ceil(2^15 sqrt 2 32767) + 32767 = 1,518,486,737; (2^31 - 1 - that) / 127 = 4,952,729.4
		const gain = (code: number, shift: number) =>
			changed((n) =>
				Object.assign(mixerOf(n).B, { codes: Uint8Array.of(code), shift: Uint8Array.of(shift) }),
			);
		expect(gain(151, 15)).not.toThrow(); // 4,947,968
		expect(gain(152, 15)).toThrow(/^block 0 mixer B: the state of head 0 can reach \d+, beyond int32/);
	});

	test("[A37] a Cartesian pole must lie inside the unit circle", () => {
		const pole = (re: number, im: number) =>
			changed((n) => Object.assign(mixerOf(n).A, { codes: Int16Array.of(re, im) }));
		expect(pole(32767, 255)).not.toThrow(); // 32767^2 + 255^2 < 2^30
		expect(pole(32767, 256)).toThrow(/^block 0 mixer A: mode 0 of head 0 is not inside the unit circle/);
		expect(pole(-32768, 0)).toThrow(/not inside the unit circle/);
	});

	/** The same with an S5 mixer of one mode, Abar 0, 16 bits of B and x. */
	const s5Changed = (change: (mixer: S5Mixer) => void, bits = 8) => {
		const network = small();
		const { B: _, ...rest } = network.blocks[0]!.mixer as S4dMixer;
		const mixer: S5Mixer = {
			...rest,
			kind: "s5",
			P: 1,
			B: { bits: 8, codes: new Int8Array(2), lift: 0, scale: Uint8Array.of(0) },
			x: { bits, rounding: "nearest" },
		};
		network.blocks[0]!.mixer = mixer;
		change(mixer);
		return () => provenNetwork(network);
	};

	test("[A46] the drive of S5 is accepted up to int32, and refused beyond", () => {
		const drive = (code: number, lift: number, scale: number) =>
			s5Changed((mixer) => {
				mixer.B = { bits: 8, codes: Int8Array.of(0, code), lift, scale: Uint8Array.of(scale) };
			});
		// 127 * 127 * (8 + 0) * 2^14 = 2,114,060,288; with x of 8 bits ceil(2^15 sqrt 2 127) + 32767 = 5,917,964
		expect(drive(127, 14, (1 << 3) | 0)).not.toThrow();
		expect(drive(127, 14, (1 << 3) | 1)).toThrow(
			/^block 0 mixer B: the drive of mode 0 can reach 2378317825 before/,
		);
		expect(drive(-128, 14, 0)).not.toThrow();
		expect(drive(127, 14, 0)).not.toThrow();
	});

	test("[A46] and its state", () => {
		// ceil(2^15 sqrt 2 32767) + 32767 = 1,518,486,737; 2^31 - 1 - that = 628,996,910 = 127 * 4,952,731.6
		const state = (code: number, lift: number, f: number) =>
			s5Changed((mixer) => {
				mixer.B = { bits: 8, codes: Int8Array.of(code, 0), lift, scale: Uint8Array.of(f) };
			}, 16);
		expect(state(75, 13, 0)).not.toThrow(); // 75 * 8 * 2^13 = 4,915,200
		expect(state(76, 13, 0)).toThrow(/^block 0 mixer B: the state of mode 0 can reach \d+, beyond int32/);
	});

	test("[A38] a harmonic phase is accepted up to int32, and refused beyond", () => {
		const harmonic = (phaseShift: number, phaseBase: number) =>
			changed((n) =>
				Object.assign(mixerOf(n), {
					A: {
						kind: "harmonic",
						radiusBits: 4,
						phaseBits: 12,
						radiusStep: 1,
						phaseShift,
						radius: Uint8Array.of(0),
						phase: Int16Array.of(0),
						radiusOffset: Uint8Array.of(0),
						phaseBase: Uint16Array.of(phaseBase),
					},
				}),
			);
		// (2^p + 2^11) w + 512 with w = 127 << 14 at most: 3,072 * 2,080,768 is beyond int32
		expect(harmonic(10, 1023)).toThrow(/^block 0 mixer A phase: head 0 can reach beyond int32/);
		expect(harmonic(10, (9 << 6) | 63)).not.toThrow();
	});

	test("[A7, A39] codes outside their format are refused with the tensor's name", () => {
		expect(changed((n) => Object.assign(n.encoder.map, { bits: 2, weights: Int8Array.of(2) }))).toThrow(
			/^encoder weights: element 0 is 2, not in -2 to 1/,
		);
		expect(changed((n) => Object.assign(mixerOf(n).B, { bits: 4, codes: Uint8Array.of(16) }))).toThrow(
			/^block 0 mixer B: element 0 is 16, not in 0 to 15/,
		);
		expect(changed((n) => (n.blocks[0]!.norm.zero[0] = 32768))).toThrow(
			/^block 0 norm zero: element 0 is 32768/,
		);
		expect(changed(() => {})).not.toThrow();
	});
});
