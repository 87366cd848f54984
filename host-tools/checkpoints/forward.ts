// The float64 forward pass of a FloatModel: what the network means before it becomes integers. Two forms that must agree:
// recurrent, a step at a time, as the device computes; and convolution with the materialised kernel, as S4D is trained.
// The maths is that of state-spaces/s4's s4d.py (zero-order hold). Calibration watches the recurrent form through an observer.
import type { Activation, BatchNorm, FloatLayer, FloatModel } from "./model";

/** The discrete system of one layer, each array (H, N): s' = Abar s + z and y = Re(sum over modes of Cbar s') + D z. */
export interface Discrete {
	AbarRe: Float64Array;
	AbarIm: Float64Array;
	CbarRe: Float64Array;
	CbarIm: Float64Array;
}

/**
 * Zero-order hold with B folded into C: Abar = exp(dt A), Cbar = 2 C (Abar - 1) / A. The 2 stands for the conjugate half of
 * the modes, which is not kept.
 */
export function discretize(layer: FloatLayer, H: number, N: number): Discrete {
	const [AbarRe, AbarIm, CbarRe, CbarIm] = [0, 0, 0, 0].map(() => new Float64Array(H * N)) as Float64Array[];
	for (let h = 0; h < H; h++) {
		const dt = Math.exp(layer.logDt[h]!);
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			const [re, im] = [-Math.exp(layer.logAReal[i]!), layer.AImag[i]!];
			const radius = Math.exp(dt * re);
			const [x, y] = [radius * Math.cos(dt * im), radius * Math.sin(dt * im)];
			// (Abar - 1) / A = (Abar - 1) conj(A) / |A|^2
			const square = re * re + im * im;
			const [fx, fy] = [((x - 1) * re + y * im) / square, (y * re - (x - 1) * im) / square];
			AbarRe![i] = x;
			AbarIm![i] = y;
			CbarRe![i] = 2 * (layer.CReal[i]! * fx - layer.CImag[i]! * fy);
			CbarIm![i] = 2 * (layer.CReal[i]! * fy + layer.CImag[i]! * fx);
		}
	}
	return { AbarRe: AbarRe!, AbarIm: AbarIm!, CbarRe: CbarRe!, CbarIm: CbarIm! };
}

/** C that `discretize` makes this Cbar of, with the poles of `layer`. */
export function continuousC(
	layer: FloatLayer,
	H: number,
	N: number,
	CbarRe: Float64Array,
	CbarIm: Float64Array,
): Pick<FloatLayer, "CReal" | "CImag"> {
	const CReal = new Float64Array(H * N);
	const CImag = new Float64Array(H * N);
	// Cbar = C factor, with the factor that C = 1 shows.
	const factor = discretize({ ...layer, CReal: CReal.map(() => 1), CImag }, H, N);
	for (let i = 0; i < H * N; i++) {
		const [re, im, a, b] = [CbarRe[i]!, CbarIm[i]!, factor.CbarRe[i]!, factor.CbarIm[i]!];
		CReal[i] = (re * a + im * b) / (a * a + b * b);
		CImag[i] = (im * a - re * b) / (a * a + b * b);
	}
	return { CReal, CImag };
}

/** A norm as one multiplication and addition for each head: z = x scale + offset. Identity without a norm. */
export function foldNorm(norm: BatchNorm | null, H: number): { scale: Float64Array; offset: Float64Array } {
	const scale = new Float64Array(H).fill(1);
	const offset = new Float64Array(H);
	if (norm)
		for (let h = 0; h < H; h++) {
			scale[h] = norm.weight[h]! / Math.sqrt(norm.variance[h]! + norm.eps);
			offset[h] = norm.bias[h]! - norm.mean[h]! * scale[h]!;
		}
	return { scale, offset };
}

/** erf by its everywhere-positive series (Abramowitz and Stegun 7.1.6): exact to the last digits, no table of constants. */
function erf(x: number): number {
	const square = x * x;
	if (square > 36) return Math.sign(x);
	let term = x;
	let sum = x;
	for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * square) / (2 * n + 1);
	return (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The activation between S4D and the linear map, as a function of one number. */
export const ACTIVATIONS: Record<Activation, (y: number) => number> = {
	gelu: (y) => 0.5 * y * (1 + erf(y * Math.SQRT1_2)),
	gelu_tanh: (y) => 0.5 * y * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (y + 0.044715 * y * y * y))),
	gelu_sigmoid: (y) => y * sigmoid(1.702 * y),
};

/** Everything one layer computed in one step. The arrays are reused: copy what must outlive the call. */
export interface LayerStep {
	layer: number;
	/** (H) the residual stream that enters the layer. */
	x: Float64Array;
	/** (H) what S4D sees: norm(x) when the norm stands before, else x. */
	z: Float64Array;
	/** (H, N) the state after this step. */
	stateRe: Float64Array;
	stateIm: Float64Array;
	/** (H) S4D's output, D z included. */
	y: Float64Array;
	/** (H) activation of y. */
	g: Float64Array;
	/** (2H) the linear map: H values a, then H gates b. */
	linear: Float64Array;
	/** (H) x + a sigmoid(b): the residual stream that leaves, before a norm that stands after. */
	sum: Float64Array;
}

/** Watches a forward pass: `layer` after each layer of each step, `end` after the last layer of a step with the (H) that is pooled. */
export interface Observer {
	layer(step: LayerStep): void;
	end(x: Float64Array): void;
}

type Forward = (values: ArrayLike<number>, length: number, observer?: Observer) => Float64Array;

/** out (rows) = weight (rows, columns) input + bias. */
function linear(
	weight: Float64Array,
	bias: Float64Array,
	input: Float64Array,
	out: Float64Array,
	columns: number,
): void {
	for (let r = 0, k = 0; r < out.length; r++) {
		let sum = bias[r]!;
		for (let c = 0; c < columns; c++) sum += weight[k++]! * input[c]!;
		out[r] = sum;
	}
}

/** input (channels) = the normalized sample of step t. */
function readSample(model: FloatModel, values: ArrayLike<number>, t: number, input: Float64Array): void {
	const { channels, inputMean, inputStd } = model;
	for (let c = 0; c < channels; c++) input[c] = (values[t * channels + c]! - inputMean[c]!) / inputStd[c]!;
}

/**
 * Prepares the recurrent form once for many sequences. The function it returns takes (length, channels) values in the data's
 * own units and gives the (classes) logits; every call begins with a state of zero.
 */
export function recurrent(model: FloatModel): Forward {
	const { H, N, channels, classes, pooling } = model;
	const before = model.normPlacement === "before";
	const activate = ACTIVATIONS[model.activation];
	const input = new Float64Array(channels);
	const x = new Float64Array(H);
	const pooled = new Float64Array(H);
	const layers = model.layers.map((layer, l) => ({
		...discretize(layer, H, N),
		...foldNorm(layer.norm, H),
		weights: layer,
		step: {
			layer: l,
			x,
			z: new Float64Array(H),
			stateRe: new Float64Array(H * N),
			stateIm: new Float64Array(H * N),
			y: new Float64Array(H),
			g: new Float64Array(H),
			linear: new Float64Array(2 * H),
			sum: new Float64Array(H),
		} satisfies LayerStep,
	}));
	return (values, length, observer) => {
		pooled.fill(0);
		for (const { step } of layers) {
			step.stateRe.fill(0);
			step.stateIm.fill(0);
		}
		for (let t = 0; t < length; t++) {
			readSample(model, values, t, input);
			linear(model.encoderWeight, model.encoderBias, input, x, channels);
			for (const { AbarRe, AbarIm, CbarRe, CbarIm, scale, offset, weights, step } of layers) {
				const { z, stateRe, stateIm, y, g, sum } = step;
				for (let h = 0; h < H; h++) {
					const zh = before ? x[h]! * scale[h]! + offset[h]! : x[h]!;
					let out = weights.D[h]! * zh;
					const end = (h + 1) * N;
					for (let i = h * N; i < end; i++) {
						const re = AbarRe[i]! * stateRe[i]! - AbarIm[i]! * stateIm[i]! + zh;
						const im = AbarRe[i]! * stateIm[i]! + AbarIm[i]! * stateRe[i]!;
						stateRe[i] = re;
						stateIm[i] = im;
						out += CbarRe[i]! * re - CbarIm[i]! * im;
					}
					z[h] = zh;
					y[h] = out;
					g[h] = activate(out);
				}
				linear(weights.outputWeight, weights.outputBias, g, step.linear, H);
				for (let h = 0; h < H; h++) sum[h] = x[h]! + step.linear[h]! * sigmoid(step.linear[H + h]!);
				observer?.layer(step);
				for (let h = 0; h < H; h++) x[h] = before ? sum[h]! : sum[h]! * scale[h]! + offset[h]!;
			}
			observer?.end(x);
			if (pooling === "mean") for (let h = 0; h < H; h++) pooled[h]! += x[h]! / length;
			else pooled.set(x);
		}
		const logits = new Float64Array(classes);
		linear(model.decoderWeight, model.decoderBias, pooled, logits, H);
		return logits;
	};
}

/** Logits (classes) of one sequence, (length, channels) values, in recurrent form. For many sequences prepare `recurrent` once. */
export function logitsRecurrent(model: FloatModel, values: ArrayLike<number>, length: number): Float64Array {
	return recurrent(model)(values, length);
}

/** The same, with every intermediate value shown to `observer`. */
export function forwardTrace(
	model: FloatModel,
	values: ArrayLike<number>,
	length: number,
	observer: Observer,
): Float64Array {
	return recurrent(model)(values, length, observer);
}

/** The kernel of one layer, (H, length): K[l] = 2 Re(sum over modes of C (exp(dt A) - 1) / A exp(dt A l)). */
export function materializeKernel(layer: FloatLayer, H: number, N: number, length: number): Float64Array {
	const { CbarRe, CbarIm } = discretize(layer, H, N);
	const kernel = new Float64Array(H * length);
	for (let h = 0; h < H; h++) {
		const dt = Math.exp(layer.logDt[h]!);
		for (let i = h * N; i < (h + 1) * N; i++) {
			// exp(dt A l) anew for each l, not as a running product, so that the two forms have no step in common.
			const [re, im] = [-dt * Math.exp(layer.logAReal[i]!), dt * layer.AImag[i]!];
			for (let l = 0; l < length; l++) {
				const radius = Math.exp(re * l);
				kernel[h * length + l]! += radius * (CbarRe[i]! * Math.cos(im * l) - CbarIm[i]! * Math.sin(im * l));
			}
		}
	}
	return kernel;
}

/** Logits (classes) of one sequence in convolution form, layer after layer over all steps. Slow: a check, not a tool. */
export function logitsConvolution(
	model: FloatModel,
	values: ArrayLike<number>,
	length: number,
): Float64Array {
	const { H, N, channels, classes } = model;
	const before = model.normPlacement === "before";
	const activate = ACTIVATIONS[model.activation];
	const input = new Float64Array(channels);
	// (length) rows of (H)
	const x = Array.from({ length }, (_, t) => {
		const row = new Float64Array(H);
		readSample(model, values, t, input);
		linear(model.encoderWeight, model.encoderBias, input, row, channels);
		return row;
	});
	for (const layer of model.layers) {
		const { scale, offset } = foldNorm(layer.norm, H);
		const kernel = materializeKernel(layer, H, N, length);
		const g = Array.from({ length }, () => new Float64Array(H));
		const z = new Float64Array(length);
		for (let h = 0; h < H; h++) {
			for (let t = 0; t < length; t++) z[t] = before ? x[t]![h]! * scale[h]! + offset[h]! : x[t]![h]!;
			for (let t = 0; t < length; t++) {
				let y = layer.D[h]! * z[t]!;
				for (let l = 0; l <= t; l++) y += kernel[h * length + l]! * z[t - l]!;
				g[t]![h] = activate(y);
			}
		}
		const out = new Float64Array(2 * H);
		for (let t = 0; t < length; t++) {
			linear(layer.outputWeight, layer.outputBias, g[t]!, out, H);
			for (let h = 0; h < H; h++) {
				const sum = x[t]![h]! + out[h]! * sigmoid(out[H + h]!);
				x[t]![h] = before ? sum : sum * scale[h]! + offset[h]!;
			}
		}
	}
	const pooled = new Float64Array(H);
	if (model.pooling === "last") pooled.set(x[length - 1]!);
	else for (const row of x) for (let h = 0; h < H; h++) pooled[h]! += row[h]! / length;
	const logits = new Float64Array(classes);
	linear(model.decoderWeight, model.decoderBias, pooled, logits, H);
	return logits;
}
