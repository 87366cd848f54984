// docs/ARITHMETIC.md a second time, written from the page alone and in exact integers (BigInt) that wrap where A1 says: what the
// reference is held to by tests/arithmetic/arithmetic-rules.test.ts. Nothing is shared with src/arithmetic but the tables. Slow.
import { COSINE, GAIN, INVERSE_ROOT, PHI, RADIUS } from "../../src/arithmetic/tables";
import type { AffineNorm } from "../../src/network/affine";
import type { Output, State } from "../../src/network/diagonal";
import type { Embedding } from "../../src/network/embedding";
import type { Linear } from "../../src/network/linear";
import type { Block, Encoder, Mixer, Network } from "../../src/network/network";
import type { Normalization } from "../../src/network/normalization";
import type { Poles } from "../../src/network/poles-union";
import type { S4dMixer } from "../../src/network/s4d";
import type { S5Mixer } from "../../src/network/s5";

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

/** A25, A26, A27, A44, A45 */
export function pole(A: Poles, N: number, h: number, n: number): [Int, Int] {
	const i = h * N + n;
	if (A.kind === "cartesian")
		return [
			shiftLeft(big(A.codes[2 * i]), big(16 - A.bits)),
			shiftLeft(big(A.codes[2 * i + 1]), big(16 - A.bits)),
		];
	if (A.kind === "logarithmic") {
		const place = clamp(big(A.phaseOffset) + big(A.phase[i]) * big(A.phaseStep), 0n, 30720n);
		const angle = ((2048n + (place & 2047n)) << (place >> 11n)) >> 11n;
		return polar(Math.min(255, A.radiusOffset + A.radius[i]! * A.radiusStep), angle);
	}
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

/** A49 */
export function inverseRoot(V: Int): [root: Int, e: Int] {
	let [word, e] = V < 1n << 32n ? [V, 16n] : [V >> 10n, 21n];
	while (word < 1n << 30n) {
		word <<= 2n;
		e--;
	}
	const t = big(INVERSE_ROOT[Number(word >> 26n) - 16]);
	const c = wrap(-(word >> 14n) * t * t) >> 14n;
	return [(t << 8n) + ((t * ((c >> 1n) + ((3n * c * c) >> 21n)) + 512n) >> 10n), e];
}

const floorDivide = (a: Int, b: Int) => a / b - (a % b < 0n ? 1n : 0n);

/** A50: the mean in 64ths and the sum of the squares */
export function squares(epsilon: number, centred: boolean, r: readonly Int[]): { m: Int; V: Int } {
	const H = big(r.length);
	const sum = (values: readonly Int[]) => values.reduce((a, b) => a + b, 0n);
	const m = centred ? floorDivide(64n * sum(r) + (H >> 1n), H) : 0n;
	const n = (m + 32n) >> 6n;
	const f = m - 64n * n;
	return { m, V: big(epsilon) + sum(r.map((v) => (v - n) * (v - n))) - ((H * f * f) >> 12n) };
}

/** A50 */
function normalized(one: Normalization, centred: boolean, r: readonly Int[]): Int[] {
	const { m, V } = squares(one.epsilon, centred, r);
	const [root, e] = inverseRoot(V);
	const factor = e < 4n ? root << (4n - e) : root;
	const s = e < 4n ? 0n : e - 4n;
	return r.map((residual, h) => {
		const d = 64n * residual - m;
		// a sum of products that would wrap is a mistake of the page
		const product = d * (factor >> 8n) + ((d * (factor & 255n)) >> 8n);
		if (product !== wrap(product) || d * (factor >> 8n) !== wrap(d * (factor >> 8n)))
			throw new Error("wraps");
		const v = rshift(product, s);
		if (v * v >= 1n << 36n) throw new Error("v is beyond 2^18");
		return scale(one.negative[h] ? -v : v, one.scale[h]!) + big(one.zero[h]);
	});
}

/** A20, A51 */
export const norm = (one: Block["norm"], r: readonly Int[]): Int[] =>
	one.kind === "affine"
		? affine(one, r)
		: normalized(one, one.kind === "layer", r).map((v) => sat(rshift(v, 8n), one.bits));

/** A52, not yet saturated */
export const post = (one: Block["post"], r: readonly Int[]): Int[] =>
	one.kind === "none" ? [...r] : normalized(one, one.kind === "layer", r);

/** A20 */
export const affine = ({ bits, scale, zero }: AffineNorm, r: readonly Int[]): Int[] =>
	r.map((v, h) => sat(coarse(wrap(v - big(zero[h])), scale[h]!), bits));

/** A word of the dither that goes from mode to mode within a step. */
export interface Word {
	s: Int;
}

/** A21 with the drive in place of k * u: mode i of x changes. */
function move(
	x: Int[],
	i: number,
	[a, b]: [Int, Int],
	drive: [Int, Int],
	{ bits, rounding }: State,
	word: Word,
): void {
	let d: [Int, Int] = [1n << 14n, 1n << 14n];
	if (rounding === "dithered") {
		word.s = unsigned(word.s + 0xc13fa9a9n);
		d = [word.s >> 17n, 32767n - (word.s >> 17n)];
	}
	const [re, im] = [x[2 * i]!, x[2 * i + 1]!];
	x[2 * i] = sat(wrap(a * re - b * im + drive[0] + d[0]) >> 15n, bits);
	x[2 * i + 1] = sat(wrap(a * im + b * re + drive[1] + d[1]) >> 15n, bits);
}

/** A22; `from` and `count` tell the modes of x and the codes of C that are head h's. */
function output(
	{ C, D }: Output,
	h: number,
	x: readonly Int[],
	at: number,
	from: number,
	count: number,
	u: Int,
): Int {
	let acc = 0n;
	for (let n = 0; n < count; n++) {
		const [i, c] = [2 * (from + n), 2 * (at + n)];
		acc = wrap(acc + big(C.codes[c]) * x[i]! - big(C.codes[c + 1]) * x[i + 1]!);
	}
	const direct = scale(wrap(big(D.codes[h]) * u), D.scale);
	return sat(wrap(coarse(rshift(acc, big(C.preshift)), C.scale[h]!) + direct), 16);
}

/** A18, A21, A22: x is (H, N, 2) and changes. */
function s4d(one: S4dMixer, x: Int[], u: readonly Int[], word: Word): Int[] {
	const { N, A } = one;
	return u.map((input, h) => {
		for (let n = 0; n < N; n++) {
			const abar = pole(A, N, h, n);
			move(x, h * N + n, abar, [gain(one, h, n, abar) * input, 0n], one.x, word);
		}
		return output(one, h, x, h * N, h * N, N, input);
	});
}

/** A40: the drive of one row of B. */
export function drive({ B }: S5Mixer, row: number, u: readonly Int[]): Int {
	let acc = 0n;
	for (let h = 0; h < u.length; h++) acc = wrap(acc + big(B.codes[row * u.length + h]) * u[h]!);
	const c = B.scale[row >> 1]!;
	return rshift(wrap(acc * ((8n + big(c & 7)) << big(B.lift))), big(c >> 3));
}

/** A18, A40 to A42: x is (P, 2) and changes. */
function s5(one: S5Mixer, x: Int[], u: readonly Int[], word: Word): Int[] {
	const { P, A } = one;
	for (let p = 0; p < P; p++)
		move(x, p, pole(A, P, 0, p), [drive(one, 2 * p, u), drive(one, 2 * p + 1, u)], one.x, word);
	return u.map((input, h) => output(one, h, x, h * P, 0, P, input));
}

export const mixer = (one: Mixer, x: Int[], u: readonly Int[], word: Word): Int[] =>
	one.kind === "s5" ? s5(one, x, u, word) : s4d(one, x, u, word);

/** Numbers of the state of a mixer. */
const stateSize = (one: Mixer, H: number) => (one.kind === "s5" ? 2 * one.P : 2 * H * one.N);

/** A29, A53 */
export const activation = (one: Block["activation"], y: readonly Int[], F: number): Int[] =>
	y.map((v) => {
		const q = one.kind === "relu" ? (v > 0n ? v : 0n) : rshift(v * phi(one.table, v, F), 15n);
		const half = 1n << big(one.bits - 1);
		return clamp(scale(q, one.scale) - big(one.zero), -half, half - 1n);
	});

/** What a channel mixer gates, or adds: A30 rows over g, A56 and A57 g or y themselves. */
function values(one: Block["channel"], g: readonly Int[], y: readonly Int[]): Int[] {
	if (one.kind === "glu") return rows(one.value, g);
	if (one.kind === "half_glu2") return y.map((v, h) => scale(v, one.scale[h]!));
	return g.map((v, h) => scale(v + big(one.zero), one.scale[h]!));
}

/** A30, A56, A57 */
export function channel(one: Block["channel"], g: readonly Int[], y: readonly Int[]): Int[] {
	if (one.kind === "ungated") return values(one, g, y);
	const gates = rows(one.gate, g);
	return values(one, g, y).map((value, h) =>
		rshift(
			sat(value, 16) * phi(one.gateTable, sat(gates[h]!, 16), one.gateFraction),
			big(15 - one.valueShift),
		),
	);
}

/** A60 */
function embed({ vocabulary, bits, table, scale, bias }: Embedding, sample: readonly Int[]): Int[] {
	const token = Number(clamp(sample[0]!, 0n, big(vocabulary - 1)));
	return Array.from(scale, (c, h) => {
		const code = big(table[token * scale.length + h]);
		return wrap(coarse(shiftLeft(code, big(9 - bits)), c) + big(bias[h]));
	});
}

const encode = (encoder: Encoder, sample: readonly Int[]) =>
	encoder.kind === "linear" ? rows(encoder.map, sample) : embed(encoder, sample);

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
		this.x = blocks.map(({ mixer }) => Array<Int>(stateSize(mixer, H)).fill(0n));
		this.r = Array<Int>(H).fill(0n);
		this.sums = Array<Int>(H).fill(0n);
		this.seed = unsigned(big(network.ditherSeed));
	}

	step(sample: readonly number[]): void {
		const { encoder, blocks, residualBits } = this.#network;
		this.r = encode(encoder, sample.map(big)).map((v) => sat(v, residualBits));
		const word = { s: this.seed };
		this.seed = unsigned(this.seed + 0x9e3779b9n);
		blocks.forEach((block, l) => {
			const y = mixer(block.mixer, this.x[l]!, norm(block.norm, this.r), word);
			const a = channel(block.channel, activation(block.activation, y, block.yFraction), y);
			this.r = this.r.map((v, h) => sat(v + a[h]!, residualBits));
			this.r = post(block.post, this.r).map((v) => sat(v, residualBits));
		});
		this.sums = this.sums.map((sum, h) => sum + this.r[h]!);
		this.T++;
	}

	/** A34, from T to the last byte before the CRC-32, in hexadecimal. */
	state(): string {
		const { head, blocks } = this.#network;
		const numbers = (values: readonly Int[], bytes: number) => {
			const hex = values.map((v) =>
				BigInt.asUintN(8 * bytes, v)
					.toString(16)
					.padStart(2 * bytes, "0"),
			);
			const little = hex.map((digits) => digits.match(/../g)!.reverse().join("")).join("");
			return little.padEnd(Math.ceil(little.length / 8) * 8, "0");
		};
		return [
			numbers([this.T, this.seed], 4),
			head.pooling === "mean" ? numbers(this.sums, 4) : numbers(this.r, 2),
			...blocks.map(({ mixer }, l) => numbers(this.x[l]!, mixer.x.bits <= 8 ? 1 : 2)),
		].join("");
	}

	outputs(): Int[] {
		const { head } = this.#network;
		const mean = () => this.sums.map((sum) => floorDivide(sum + (this.T >> 1n), this.T));
		return rows(head.map, head.pooling === "mean" ? mean() : this.r);
	}
}
