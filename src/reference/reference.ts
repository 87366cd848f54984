// The integer interpreter that defines edge-ssm.int.v2 in code (docs/ARITHMETIC.md does in words): readable first, one
// sample at a time, on Node and on XS. The C kernel gives the same bytes; where they differ, this file is right. Not fast.
import { applyCoarseScale, applyScale, clamp, roundShift, symmetricMax } from "../fixed-point/arithmetic";
import { ditherImaginary, ditherReal, nextMode, nextStep } from "../fixed-point/dither";
import { phi } from "../fixed-point/phi";
import { PHI } from "../fixed-point/tables";
import { expandA, expandB } from "../model/expand";
import { LIMITS, type Linear, type QuantizedNetwork, type S4dLayer } from "../model/network";

/** A layer ready to run: the stored codes of Abar and B turned into the numbers that they mean. */
interface RunLayer {
	layer: S4dLayer;
	A: Int16Array; // (H, N, 2) in Q15
	B: Int32Array; // (H, N), shift of the head included
	x: Int16Array; // (H, N, 2), the state
}

function prepare(layer: S4dLayer, H: number, N: number): RunLayer {
	const A = new Int16Array(2 * H * N);
	const B = new Int32Array(H * N);
	for (let h = 0; h < H; h++)
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			expandA(layer.A, h, n, N, A, 2 * i);
			B[i] = expandB(layer.B, h, i, A[2 * i]!, A[2 * i + 1]!);
		}
	return { layer, A, B, x: new Int16Array(2 * H * N) };
}

/** One row of a linear map over `input`, in units of the output, not yet saturated. */
function linearRow(linear: Linear, row: number, input: ArrayLike<number>): number {
	let acc = 0;
	for (let i = 0, w = row * linear.columns; i < linear.columns; i++, w++)
		acc = (acc + Math.imul(linear.weights[w]!, input[i]!)) | 0;
	return (applyCoarseScale(roundShift(acc, linear.preshift), linear.scale[row]!) + linear.bias[row]!) | 0;
}

/** Saturates to 16 bits, symmetric. */
function saturate16(v: number): number {
	return clamp(v, -32767, 32767);
}

/** The reference interpreter of one network: one stream at a time. */
export class Reference {
	readonly network: QuantizedNetwork;
	readonly #layers: RunLayer[];
	readonly #residual: Int16Array; // (H)
	readonly #g: Int8Array; // (H)
	readonly #sample: Int16Array; // (channels)
	readonly #sums: Int32Array; // (H), mean pooling
	#steps = 0;
	#seed = 0; // of the next step's dither
	#dither = 0; // of the last mode that was moved

	constructor(network: QuantizedNetwork) {
		const { H, N } = network;
		this.network = network;
		this.#layers = network.layers.map((layer) => prepare(layer, H, N));
		this.#residual = new Int16Array(H);
		this.#g = new Int8Array(H);
		this.#sample = new Int16Array(network.channels);
		this.#sums = new Int32Array(H);
		this.reset();
	}

	/** Steps since the last reset. */
	get steps(): number {
		return this.#steps;
	}

	/** Back to before the first sample. */
	reset(): void {
		for (const { x } of this.#layers) x.fill(0);
		this.#sums.fill(0);
		this.#residual.fill(0);
		this.#steps = 0;
		this.#seed = this.network.ditherSeed | 0;
	}

	/** Feeds whole samples of `channels` values each, int16. @throws RangeError on a sequence too long for mean pooling. */
	write(samples: ArrayLike<number>): void {
		const { channels, pooling } = this.network;
		const count = samples.length / channels;
		if (!Number.isInteger(count))
			throw new RangeError(`samples: ${samples.length} values are no whole number of samples`);
		if (pooling === "mean" && this.#steps + count > LIMITS.meanSteps)
			throw new RangeError("ESSM_E_LENGTH: sequence too long");
		for (let t = 0; t < count; t++) {
			for (let c = 0; c < channels; c++) this.#sample[c] = samples[t * channels + c]!;
			this.#step();
		}
	}

	#step(): void {
		const { H, encoder, residualBits, pooling } = this.network;
		const residual = this.#residual;
		const most = symmetricMax(residualBits);
		this.#dither = this.#seed;
		this.#seed = nextStep(this.#seed);
		for (let h = 0; h < H; h++) residual[h] = clamp(linearRow(encoder, h, this.#sample), -most, most);
		for (const run of this.#layers) {
			for (let h = 0; h < H; h++) this.#g[h] = this.#activation(run.layer, this.#ssm(run, h));
			const { value, valueShift, gate, gateFraction } = run.layer;
			for (let h = 0; h < H; h++) {
				const v = saturate16(linearRow(value, h, this.#g));
				const b = saturate16(linearRow(gate, h, this.#g));
				const gated = roundShift(Math.imul(v, phi(PHI.sigmoid, b, gateFraction)), 15 - valueShift);
				residual[h] = clamp(residual[h]! + gated, -most, most);
			}
		}
		if (pooling === "mean") for (let h = 0; h < H; h++) this.#sums[h]! += residual[h]!;
		if (this.#steps < 0xffffffff) this.#steps++;
	}

	/** Head h of one S4D layer: quantizes its input, moves its N modes by one step and returns y. */
	#ssm(run: RunLayer, h: number): number {
		const { N } = this.network;
		const { A, B, x, layer } = run;
		const { u: input, C, D } = layer;

		const uMost = symmetricMax(input.bits);
		const u = clamp(applyCoarseScale(this.#residual[h]! - input.zero[h]!, input.scale[h]!), -uMost, uMost);

		const xMost = symmetricMax(layer.x.bits);
		let acc = 0;
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			const re = x[2 * i]!;
			const im = x[2 * i + 1]!;
			let roundRe = 1 << 14;
			let roundIm = 1 << 14;
			if (layer.x.rounding === "dithered") {
				this.#dither = nextMode(this.#dither);
				roundRe = ditherReal(this.#dither);
				roundIm = ditherImaginary(this.#dither);
			}
			const a = A[2 * i]!;
			const b = A[2 * i + 1]!;
			const nextRe = (Math.imul(a, re) - Math.imul(b, im) + Math.imul(B[i]!, u) + roundRe) | 0;
			const nextIm = (Math.imul(a, im) + Math.imul(b, re) + roundIm) | 0;
			x[2 * i] = clamp(nextRe >> 15, -xMost, xMost);
			x[2 * i + 1] = clamp(nextIm >> 15, -xMost, xMost);
			acc = (acc + Math.imul(C.codes[2 * i]!, x[2 * i]!) - Math.imul(C.codes[2 * i + 1]!, x[2 * i + 1]!)) | 0;
		}
		const direct = applyScale(Math.imul(D.codes[h]!, u), D.scale);
		return saturate16((applyCoarseScale(roundShift(acc, C.preshift), C.scale[h]!) + direct) | 0);
	}

	/** y Phi(y) as a code of g. */
	#activation({ g, yFraction }: S4dLayer, y: number): number {
		const product = roundShift(Math.imul(y, phi(PHI[this.network.activation], y, yFraction)), 15);
		return clamp(applyScale(product, g.scale) - g.zero, -(1 << (g.bits - 1)), (1 << (g.bits - 1)) - 1);
	}

	/** Logits of the stream so far, in units of 2^-logitFraction. @throws RangeError before the first sample. */
	logits(): Int32Array {
		const { H, classes, decoder, pooling } = this.network;
		if (this.#steps === 0) throw new RangeError("ESSM_E_EMPTY: no sample was written");
		const pooled = Int16Array.from(this.#residual);
		if (pooling === "mean")
			for (let h = 0; h < H; h++) pooled[h] = Math.floor((this.#sums[h]! + (this.#steps >> 1)) / this.#steps);
		return Int32Array.from({ length: classes }, (_, c) => linearRow(decoder, c, pooled));
	}

	/** The persistent state without heading and CRC: steps, seed, pooling, x of every layer; as the kernel lays it out. */
	stateBytes(): Uint8Array {
		const { pooling } = this.network;
		const bytes: number[] = [];
		const put = (v: number, size: number) => {
			for (let k = 0; k < size; k++) bytes.push((v >> (8 * k)) & 0xff);
		};
		const align = () => {
			while (bytes.length & 3) bytes.push(0);
		};
		put(this.#steps, 4);
		put(this.#seed, 4);
		if (pooling === "mean") for (const sum of this.#sums) put(sum, 4);
		else for (const r of this.#residual) put(r, 2);
		align();
		for (const { x, layer } of this.#layers) {
			for (const v of x) put(v, layer.x.bits <= 8 ? 1 : 2);
			align();
		}
		return Uint8Array.from(bytes);
	}
}
