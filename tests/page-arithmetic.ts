// docs/ARITHMETIC.md a second time, written from the page alone and in exact integers (BigInt) that wrap where A1 says: what the
// reference is held to by tests/arithmetic-rules.test.ts. Nothing is shared with src/arithmetic but the tables. Slow.
import { COSINE, GAIN, PHI, RADIUS } from "../src/arithmetic/tables";
import type { Linear } from "../src/network/linear";
import type { Block, Network } from "../src/network/network";
import type { S4dMixer } from "../src/network/s4d";

type Int = bigint;
const big = (v: number | undefined): Int => BigInt(v as number);

/** A1 */
export const wrap = (v: Int): Int => BigInt.asIntN(32, v);
const unsigned = (v: Int): Int => BigInt.asUintN(32, v);
/** A2 */
export const shiftLeft = (v: Int, s: Int): Int => wrap(v << s);
/** A3 */
export const rshift = (v: Int, s: Int): Int => wrap(v + (s === 0n ? 0n : 1n << (s - 1n))) >> s;
/** A4 */
export const clamp = (v: Int, low: Int, high: Int): Int => (v < low ? low : v > high ? high : v);
export const sat = (v: Int, k: number): Int => {
	const max = (1n << big(k - 1)) - 1n;
	return clamp(v, -max, max);
};
/** A5 */
export const scale = (v: Int, c: number): Int => rshift(wrap(v * (2048n + big(c & 2047))), big(c >> 11));
/** A6 */
export const coarse = (v: Int, c: number): Int => rshift(wrap(v * (128n + 16n * big(c & 7))), big(c >> 3));

/** A8 */
export function row(map: Linear, i: number, input: readonly Int[]): Int {
	let acc = 0n;
	for (let j = 0; j < map.columns; j++) acc = wrap(acc + big(map.weights[i * map.columns + j]) * input[j]!);
	return wrap(coarse(rshift(acc, big(map.preshift)), map.scale[i]!) + big(map.bias[i]));
}
const rows = (map: Linear, input: readonly Int[]) =>
	Array.from({ length: map.rows }, (_, i) => row(map, i, input));

/** A10 */
export function phi(form: keyof typeof PHI, v: Int, F: number): Int {
	const s = big(F - 3);
	const magnitude = v < 0n ? -v : v;
	const a = magnitude < 8n << big(F) ? magnitude : 8n << big(F);
	const i = Number(a >> s);
	const r = a & ((1n << s) - 1n);
	const at = (index: number) => big(PHI[form][index]);
	const p = at(i) + rshift((at(i + 1) - at(i)) * r, s);
	return v >= 0n ? p : 32768n - p;
}

/** A11 */
export function cosine(v: Int): Int {
	const i = Number(v >> 6n);
	const at = (index: number) => big(COSINE[index]);
	return at(i) + rshift((at(i + 1) - at(i)) * (v & 63n), 6n);
}

/** A28 */
export function polar(radius: number, angle: Int): [Int, Int] {
	const R = big(RADIUS[radius]);
	const [re, im] =
		angle <= 16384n
			? [cosine(angle), cosine(16384n - angle)]
			: [-cosine(32768n - angle), cosine(angle - 16384n)];
	return [rshift(R * re, 15n), rshift(R * im, 15n)];
}

/** A25, A26, A27 */
export function pole(A: S4dMixer["A"], N: number, h: number, n: number): [Int, Int] {
	const i = h * N + n;
	if (A.kind === "cartesian")
		return [
			shiftLeft(big(A.codes[2 * i]), big(16 - A.bits)),
			shiftLeft(big(A.codes[2 * i + 1]), big(16 - A.bits)),
		];
	const index = Math.min(255, A.radiusOffset[h]! + A.radius[i]! * A.radiusStep);
	const [e, m] = [A.phaseBase[h]! >> 6, A.phaseBase[h]! & 63];
	const w = e === 0 ? big(m) : (64n + big(m)) << big(e - 1);
	const p = big(A.phaseShift);
	const product = wrap(((big(n) << p) + big(A.phase[i])) * w);
	return polar(index, clamp(rshift(product, p), 0n, 32768n));
}

const log2 = (v: Int): Int => big(v.toString(2).length - 1);

/** A24 */
export function derivedGain(re: Int, im: Int, shift: Int): Int {
	const square = 2n ** 30n - re * re - im * im;
	const near = (32768n - re) >> 1n;
	const distance = (near * near + (im >> 1n) * (im >> 1n)) | 1n;
	const e = clamp(((2n * log2(square > 1n ? square : 1n) + log2(distance)) >> 1n) + shift - 20n, 0n, 46n);
	return unsigned((e & 1n ? 181n : 128n) << (e >> 1n)) >> 7n;
}

/** A23 */
export function gain({ B, N }: S4dMixer, h: number, n: number, [re, im]: [Int, Int]): Int {
	const code = B.codes[h * N + n]!;
	const q = big(B.shift[h]);
	if (B.bits === 8) return shiftLeft(big(code), q);
	if (B.bits === 4) return shiftLeft(big(GAIN[code]), q);
	return derivedGain(re, im, B.bits === 2 ? q + big(code) : q);
}

/** A20 */
export const norm = ({ bits, scale, zero }: Block["norm"], r: readonly Int[]): Int[] =>
	r.map((v, h) => sat(coarse(wrap(v - big(zero[h])), scale[h]!), bits));

/** A word of the dither that goes from mode to mode within a step. */
export interface Word {
	s: Int;
}

/** A18, A21, A22: x is (H, N, 2) and changes. */
export function mixer(mixer: S4dMixer, x: Int[], u: readonly Int[], word: Word): Int[] {
	const { N, A, C, D } = mixer;
	return u.map((input, h) => {
		let acc = 0n;
		for (let n = 0; n < N; n++) {
			const i = 2 * (h * N + n);
			const [a, b] = pole(A, N, h, n);
			let d: [Int, Int] = [1n << 14n, 1n << 14n];
			if (mixer.x.rounding === "dithered") {
				word.s = unsigned(word.s + 0xc13fa9a9n);
				d = [word.s >> 17n, 32767n - (word.s >> 17n)];
			}
			const [re, im] = [x[i]!, x[i + 1]!];
			x[i] = sat(wrap(a * re - b * im + gain(mixer, h, n, [a, b]) * input + d[0]) >> 15n, mixer.x.bits);
			x[i + 1] = sat(wrap(a * im + b * re + d[1]) >> 15n, mixer.x.bits);
			acc = wrap(acc + big(C.codes[i]) * x[i]! - big(C.codes[i + 1]) * x[i + 1]!);
		}
		const direct = scale(wrap(big(D.codes[h]) * input), D.scale);
		return sat(wrap(coarse(rshift(acc, big(C.preshift)), C.scale[h]!) + direct), 16);
	});
}

/** A29 */
export const activation = (one: Block["activation"], y: readonly Int[], F: number): Int[] =>
	y.map((v) => {
		const q = rshift(v * phi(one.table, v, F), 15n);
		const half = 1n << big(one.bits - 1);
		return clamp(scale(q, one.scale) - big(one.zero), -half, half - 1n);
	});

/** A30 */
export function channel(one: Block["channel"], g: readonly Int[]): Int[] {
	const gates = rows(one.gate, g);
	return rows(one.value, g).map((value, h) =>
		rshift(sat(value, 16) * phi("sigmoid", sat(gates[h]!, 16), one.gateFraction), big(15 - one.valueShift)),
	);
}

/** A14 to A19, A31 to A33: one stream. */
export class PageStream {
	readonly x: Int[][];
	r: Int[];
	sums: Int[];
	T = 0n;
	seed: Int;
	readonly #network: Network;

	constructor(network: Network) {
		const { H, blocks } = network;
		this.#network = network;
		this.x = blocks.map(({ mixer }) => Array<Int>(2 * H * mixer.N).fill(0n));
		this.r = Array<Int>(H).fill(0n);
		this.sums = Array<Int>(H).fill(0n);
		this.seed = unsigned(big(network.ditherSeed));
	}

	step(sample: readonly number[]): void {
		const { encoder, blocks, residualBits } = this.#network;
		this.r = rows(encoder.map, sample.map(big)).map((v) => sat(v, residualBits));
		const word = { s: this.seed };
		this.seed = unsigned(this.seed + 0x9e3779b9n);
		blocks.forEach((block, l) => {
			const y = mixer(block.mixer, this.x[l]!, norm(block.norm, this.r), word);
			const a = channel(block.channel, activation(block.activation, y, block.yFraction));
			this.r = this.r.map((v, h) => sat(v + a[h]!, residualBits));
		});
		this.sums = this.sums.map((sum, h) => sum + this.r[h]!);
		this.T++;
	}

	outputs(): Int[] {
		const { head } = this.#network;
		const floorDivide = (a: Int, b: Int) => a / b - (a % b < 0n ? 1n : 0n);
		const mean = () => this.sums.map((sum) => floorDivide(sum + (this.T >> 1n), this.T));
		return rows(head.map, head.pooling === "mean" ? mean() : this.r);
	}
}
