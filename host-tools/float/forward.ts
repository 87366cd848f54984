// The float64 forward pass of a FloatModel. Two forms that must agree: recurrent, step by step, as the device computes; and
// convolution, as state-space models are trained. Calibration records values of the recurrent form through an observer.
import {
	type FloatModel,
	floatActivationKind,
	floatChannelKind,
	floatEncoderKind,
	floatHeadKind,
	floatMixerKind,
	floatNormKind,
	sizesOf,
} from "./model";

/** Everything that one block computed in one step. Arrays are reused: copy what must outlive the call. */
export interface BlockStep {
	block: number;
	/** (H) residual stream entering the block. */
	x: Float64Array;
	/** (H) input of the mixer: norm(x) when the norm is before it, else x. */
	z: Float64Array;
	/** The mixer's state after this step, as FloatScan has it. */
	state: readonly Float64Array[];
	/** (H) the mixer's output. */
	y: Float64Array;
	/** (H) activation of y. */
	g: Float64Array;
	/** Intermediate values of the channel mixer, such as values and gates. */
	inner: Float64Array;
	/** (H) x + channel(g, y): residual stream leaving the block, before a norm after it. */
	sum: Float64Array;
}

/** Observes a forward pass: `block` after each block of each step, `end` after the last of a step with the pooled (H). */
export interface Observer {
	block(step: BlockStep): void;
	end(x: Float64Array): void;
}

/** Outputs of the head: (outputs), or (length, outputs) for heads with outputs at every step. */
type Forward = (values: ArrayLike<number>, length: number, observer?: Observer) => Float64Array;

/** input (channels) = the normalized sample of step t. */
function readSample(model: FloatModel, values: ArrayLike<number>, t: number, input: Float64Array): void {
	const { channels, inputMean, inputStd } = model;
	for (let c = 0; c < channels; c++) input[c] = (values[t * channels + c]! - inputMean[c]!) / inputStd[c]!;
}

/**
 * Prepares the recurrent form once for many sequences. The returned function takes (length, channels) values in the data's
 * units and returns the head's outputs; every call starts from a zero state.
 */
export function recurrent(model: FloatModel): Forward {
	const { H, channels, encoder, head } = model;
	const input = new Float64Array(channels);
	const x = new Float64Array(H);
	const out = new Float64Array(H);
	const pooled = new Float64Array(H);
	const encode = floatEncoderKind(encoder).apply(encoder, sizesOf(model));
	const { pooling, conclude, perStep, outputs } = floatHeadKind(head);
	const mean = pooling(head) === "mean";
	const everyStep = perStep(head);
	const blocks = model.blocks.map(({ placement, norm, mixer, activation, channel }, l) => {
		const scan = floatMixerKind(mixer).scan(mixer, H);
		const channelKind = floatChannelKind(channel);
		return {
			before: placement === "before",
			normalize: floatNormKind(norm).apply(norm, H),
			scan,
			activate: floatActivationKind(activation).apply(activation),
			mix: channelKind.apply(channel, H),
			step: {
				block: l,
				x,
				z: new Float64Array(H),
				state: scan.state,
				y: new Float64Array(H),
				g: new Float64Array(H),
				inner: new Float64Array(channelKind.inner(channel, H)),
				sum: new Float64Array(H),
			} satisfies BlockStep,
		};
	});
	return (values, length, observer) => {
		const all = new Float64Array(everyStep ? length * outputs(head) : 0);
		pooled.fill(0);
		for (const { scan } of blocks) scan.reset();
		for (let t = 0; t < length; t++) {
			readSample(model, values, t, input);
			encode(input, x);
			for (const { before, normalize, scan, activate, mix, step } of blocks) {
				const { z, y, g, inner, sum } = step;
				if (before) normalize(x, z);
				else z.set(x);
				scan.step(z, y);
				for (let h = 0; h < H; h++) g[h] = activate(y[h]!);
				mix(g, inner, out, y);
				for (let h = 0; h < H; h++) sum[h] = x[h]! + out[h]!;
				observer?.block(step);
				if (before) x.set(sum);
				else normalize(sum, x);
			}
			observer?.end(x);
			if (!mean) pooled.set(x);
			// The overall mean, or that of the steps so far.
			else if (!everyStep) for (let h = 0; h < H; h++) pooled[h]! += x[h]! / length;
			else for (let h = 0; h < H; h++) pooled[h]! += (x[h]! - pooled[h]!) / (t + 1);
			if (everyStep) all.set(conclude(head, pooled), t * outputs(head));
		}
		return everyStep ? all : conclude(head, pooled);
	};
}

/** Outputs of one sequence, (length, channels) values, in recurrent form. For many sequences prepare `recurrent` once. */
export function outputsRecurrent(model: FloatModel, values: ArrayLike<number>, length: number): Float64Array {
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

/** Outputs of one sequence in convolution form, block after block over all steps. Slow: for checks only. */
export function outputsConvolution(
	model: FloatModel,
	values: ArrayLike<number>,
	length: number,
): Float64Array {
	const { H, channels, encoder, head } = model;
	const input = new Float64Array(channels);
	const encode = floatEncoderKind(encoder).apply(encoder, sizesOf(model));
	let x = Array.from({ length }, (_, t) => {
		const row = new Float64Array(H);
		readSample(model, values, t, input);
		encode(input, row);
		return row;
	});
	for (const { placement, norm, mixer, activation, channel } of model.blocks) {
		const normalize = floatNormKind(norm).apply(norm, H);
		const normalized = (row: Float64Array) => {
			const z = new Float64Array(H);
			normalize(row, z);
			return z;
		};
		const activate = floatActivationKind(activation).apply(activation);
		const kind = floatChannelKind(channel);
		const mix = kind.apply(channel, H);
		const inner = new Float64Array(kind.inner(channel, H));
		const z = placement === "before" ? x.map(normalized) : x;
		const y = floatMixerKind(mixer).convolve(mixer, H, z);
		const sums = x.map((row, t) => {
			const out = new Float64Array(H);
			mix(y[t]!.map(activate), inner, out, y[t]!);
			return row.map((v, h) => v + out[h]!);
		});
		x = placement === "before" ? sums : sums.map(normalized);
	}
	const { pooling, conclude, perStep } = floatHeadKind(head);
	const last = pooling(head) === "last";
	const pooledAt = (steps: number) => {
		if (last) return x[steps - 1]!;
		const pooled = new Float64Array(H);
		for (let t = 0; t < steps; t++) for (let h = 0; h < H; h++) pooled[h]! += x[t]![h]! / steps;
		return pooled;
	};
	if (!perStep(head)) return conclude(head, pooledAt(length));
	return Float64Array.from(x.flatMap((_, t) => [...conclude(head, pooledAt(t + 1))]));
}
