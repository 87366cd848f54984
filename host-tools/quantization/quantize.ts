// A float network with its ranges and precisions to the integers of edge-ssm.int.v2 (docs/ARITHMETIC.md, section 4: the
// folds). Everything real-valued ends here. Quantization-aware training calls it for every batch, so it is one pass over
// the parameters, deterministic, and rounds to nearest unless asked for more.
import { symmetricMax } from "../../src/fixed-point/arithmetic";
import { GAIN } from "../../src/fixed-point/tables";
import { derivedGain } from "../../src/model/expand";
import type { QuantizedNetwork, S4dLayer } from "../../src/model/network";
import { discretize, foldNorm } from "../checkpoints/forward";
import type { FloatLayer, FloatModel } from "../checkpoints/model";
import type { LayerRanges, Ranges } from "./calibrate";
import { type Grid, type LayerGrid, polarGrid } from "./grid";
import { cartesianA, polarA } from "./poles";
import type { LayerPrecision, Precision } from "./precision";
import { refitHead } from "./refit";
import { bestStep, carriedCodes, type Inputs, nearestCodes, quantizeRows, stepsOf } from "./rows";
import {
	coarseBelow,
	coarseScaleValue,
	encodeCoarseScale,
	encodeScale,
	preshiftFor,
	scaleValue,
} from "./scale";

/** Room above what calibration saw, for values that are stored in 16 bits anyway. */
const HEADROOM = 1.25;
const INT16_MAX = 32767;

/** The greatest coarse scale. */
const COARSE_MAX = 240;
/** The greatest step of a code, in units of what a map gives, for which a coarse scale has room; with room for a refit. */
const STEP_MAX = 120;

/** Fractional bits, 3 to 12, so that `most` fits an int16 and a code's `step`, both real, a coarse scale. */
function fractionFor(most: number, step: number): number {
	return Math.max(3, Math.min(12, Math.floor(Math.log2(Math.min(INT16_MAX / most, STEP_MAX / step)))));
}

/** The step of `bits`-bit codes that clips nothing of values up to `most`. */
function stepFor(most: number, bits: number): number {
	return most / (2 ** (bits - 1) - 1);
}

/** The residual stream in integers: real value of head h = scale[h] * integer + offset[h]. */
export interface ResidualScale {
	scale: Float64Array;
	offset: Float64Array;
}

/** What one unit of a layer's integers is in the float network; those of y, g, values and gates follow from the network itself. */
export interface LayerUnits {
	u: Float64Array; // (H), negative where u's sign is turned
	/** (H, N); where the mode was replaced by its conjugate, the imaginary part has the other sign. */
	stateRe: Float64Array;
	stateIm: Float64Array;
}

/** The real meaning of a quantized network's integers. */
export interface Units {
	residual: ResidualScale[]; // before each layer and after the last
	layers: LayerUnits[];
}

/**
 * The residual's scale in front of every layer and after the last. A norm after the layer rescales the stream; the integers
 * keep their scale and the real meaning of a unit moves instead, so that such a norm costs nothing on the device. Each head's
 * integers are centred on the range seen.
 */
function residualScales(model: FloatModel, ranges: Ranges, bits: number): ResidualScale[] {
	const { H, L } = model;
	const unit: ResidualScale[] = [{ scale: new Float64Array(H).fill(1), offset: new Float64Array(H) }];
	for (const layer of model.layers) {
		const last = unit[unit.length - 1]!;
		const norm = model.normPlacement === "after" ? foldNorm(layer.norm, H) : undefined;
		unit.push({
			scale: last.scale.map((s, h) => s * (norm?.scale[h] ?? 1)),
			offset: last.offset.map((o, h) => (norm ? norm.scale[h]! * o + norm.offset[h]! : o)),
		});
	}
	const step = new Float64Array(H);
	const middle = new Float64Array(H);
	for (let h = 0; h < H; h++) {
		let [low, high] = [Infinity, -Infinity];
		for (let l = 0; l <= L; l++) {
			const { scale, offset } = unit[l]!;
			const seen = l < L ? ranges.layers[l]! : ranges;
			if (scale[h] === 0)
				throw new RangeError(
					`norm of layer ${l - 1}: the weight of head ${h} is 0, which a norm after the layer cannot have`,
				);
			for (const v of [seen.residualMin[h]!, seen.residualMax[h]!]) {
				low = Math.min(low, (v - offset[h]!) / scale[h]!);
				high = Math.max(high, (v - offset[h]!) / scale[h]!);
			}
		}
		middle[h] = (low + high) / 2;
		step[h] = ((HEADROOM * (high - low)) / 2 || 1) / symmetricMax(bits);
	}
	return unit.map(({ scale, offset }) => ({
		scale: scale.map((s, h) => s * step[h]!),
		offset: offset.map((o, h) => o + scale[h]! * middle[h]!),
	}));
}

/** How much smaller than a state's range its format may be, where gains are half-octaves apart. */
const CLIPPED = 1.1;

/**
 * Input gains: each mode's state fills its format; returns also the real size of one state unit of each mode (H, N).
 * @param actual (H, N, 2) Abar as the device has it
 */
function gains(
	name: string,
	layer: LayerPrecision,
	state: Float64Array,
	uStep: Float64Array,
	actual: Float64Array,
	H: number,
	N: number,
	held: LayerGrid["B"] | undefined,
) {
	const codes = new Uint8Array(H * N);
	const shift = new Uint8Array(H);
	const unit = new Float64Array(H * N);
	const xMax = symmetricMax(layer.x);
	const uMax = symmetricMax(layer.u);
	const room = 2 ** 31 - 1 - (Math.ceil(32768 * Math.SQRT2 * xMax) + 32767);
	for (let h = 0; h < H; h++) {
		const step = Math.abs(uStep[h]!);
		const ideal = Array.from({ length: N }, (_, n) => (step * 32768 * xMax) / (state[h * N + n]! || step));
		const [least, most] = [Math.min(...ideal), Math.max(...ideal)];
		if (least < 1)
			throw new RangeError(
				`${name} B: head ${h} needs a gain of ${least.toPrecision(3)}, under 1; its state is too large for ${layer.x} bits`,
			);
		const derived = (n: number, shift: number) =>
			derivedGain(actual[2 * (h * N + n)]! * 32768, actual[2 * (h * N + n) + 1]! * 32768, shift);
		const put = (n: number, code: number, gain: number) => {
			codes[h * N + n] = code;
			unit[h * N + n] = (uStep[h]! * 32768) / gain;
		};
		if (held) {
			const e = held.shift[h]!;
			shift[h] = e;
			for (let n = 0; n < N; n++) {
				const code = held.codes[h * N + n]!;
				put(n, code, layer.B <= 2 ? derived(n, e + code) : (layer.B === 4 ? GAIN[code]! : code) * 2 ** e);
			}
			continue;
		}
		if (layer.B <= 2) {
			const most = 2 ** layer.B - 1; // code
			const fits = (n: number, shift: number) =>
				derived(n, shift) <= CLIPPED * ideal[n]! && derived(n, shift) * uMax <= room;
			// The greatest shift at which no mode is beyond its range, and from there as far as each one's code goes.
			let e = 31;
			while (e > 0 && ideal.some((_, n) => !fits(n, e))) e--;
			shift[h] = e;
			for (let n = 0; n < N; n++) {
				let code = 0;
				while (code < most && fits(n, e + code + 1)) code++;
				put(n, code, derived(n, e + code));
			}
			continue;
		}
		// The greatest gain in the top octave of 8 bits, unless the least would fall under 1: then that one is kept in range.
		let e = Math.max(0, Math.min(22, Math.ceil(Math.log2(most / 256))));
		while (e > 0 && least / 2 ** e < 1) e--;
		while (e > 0 && 255 * uMax * 2 ** e > room) e--;
		shift[h] = e;
		for (let n = 0; n < N; n++) {
			const gain = Math.max(1, Math.min(255, Math.floor(ideal[n]! / 2 ** e)));
			let code = gain;
			if (layer.B === 4) {
				code = 0;
				while (code < 15 && GAIN[code + 1]! <= gain) code++;
			}
			put(n, code, (layer.B === 4 ? GAIN[code]! : code) * 2 ** e);
		}
	}
	return { B: { bits: layer.B, codes, shift }, unit };
}

function quantizeLayer(
	name: string,
	model: FloatModel,
	float: FloatLayer,
	ranges: LayerRanges,
	precision: LayerPrecision,
	before: ResidualScale,
	compensate: boolean,
	held: LayerGrid | undefined,
): { layer: S4dLayer; units: LayerUnits; grid: LayerGrid } {
	const { H, N } = model;
	const discrete = discretize(float, H, N);
	const { AbarRe, AbarIm, CbarRe, CbarIm } = discrete;

	// u = norm(residual): slope and offset of each head; a falling slope turns u's sign, which C and D turn back.
	const norm =
		model.normPlacement === "before"
			? foldNorm(float.norm, H)
			: { scale: new Float64Array(H).fill(1), offset: new Float64Array(H) };
	const uMax = symmetricMax(precision.u);
	const uStep = new Float64Array(H);
	const uScale = new Uint8Array(H);
	const uZero = new Int32Array(H);
	const uZeroShift = new Uint8Array(H);
	for (let h = 0; h < H; h++) {
		const slope = norm.scale[h]! * before.scale[h]!;
		const wanted = (ranges.z[h]! || 1) / uMax;
		// u of the whole range fits; of one that is nothing beside the residual's steps, u cannot show more.
		const scale = held
			? coarseScaleValue(held.u[h]!)
			: Math.min(COARSE_MAX, coarseBelow(Math.abs(slope) / wanted));
		uStep[h] = slope / scale;
		// The residual for which z is 0.
		const zero = -(norm.scale[h]! * before.offset[h]! + norm.offset[h]!) / slope;
		let shift = 0;
		while (Math.round(Math.abs(zero) / 2 ** shift) > INT16_MAX) shift++;
		// A slope so flat can only be made steeper than it is, and u would follow the residual where z does not.
		if (!(shift <= 6))
			throw new RangeError(
				`${name} norm: the weight of head ${h} is nearly 0 against its bias, which u cannot represent; train on with more weight decay on the bias, or without the norm`,
			);
		uScale[h] = encodeCoarseScale(`${name} u scale of head ${h}`, scale);
		uZero[h] = Math.round(zero / 2 ** shift) * 2 ** shift;
		uZeroShift[h] = shift;
	}

	// Real input and real output: a mode may be replaced by its conjugate, so every phase is 0 to half a turn.
	const conjugated = Uint8Array.from(AbarIm, (im) => (im < 0 ? 1 : 0));
	for (let i = 0; i < H * N; i++)
		if (conjugated[i]) {
			AbarIm[i] = -AbarIm[i]!;
			CbarIm[i] = -CbarIm[i]!;
		}
	const actual = new Float64Array(2 * H * N);
	const A =
		precision.A.format === "polar"
			? polarA(
					AbarRe,
					AbarIm,
					H,
					N,
					precision.A.radiusBits,
					precision.A.phaseBits,
					actual,
					held?.A ?? undefined,
				)
			: cartesianA(AbarRe, AbarIm, precision.A.bits, actual);

	const { B, unit } = gains(name, precision, ranges.state, uStep, actual, H, N, held?.B);

	const cMost = unit.reduce(
		(most, size, i) => Math.max(most, Math.abs(CbarRe[i]! * size), Math.abs(CbarIm[i]! * size)),
		0,
	);
	const yFraction = fractionFor(ranges.y * HEADROOM || 1, stepFor(cMost, precision.C) || 1);
	const yUnit = 2 ** -yFraction;
	const cCodes = new Int8Array(2 * H * N);
	const cStep = new Float64Array(H);
	// Rounding to nearest adds 1/12 of a squared unit, dithered rounding twice that.
	const roundingVariance = precision.rounding === "dithered" ? 1 / 6 : 1 / 12;
	let worst = 0;
	for (let h = 0; h < H; h++) {
		const row = new Float64Array(2 * N);
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			row[2 * n] = (CbarRe[i]! * unit[i]!) / yUnit;
			row[2 * n + 1] = (CbarIm[i]! * unit[i]!) / yUnit;
		}
		const fitted =
			compensate && ranges.drive
				? refitHead(h, H, N, ranges.drive, discrete, actual, unit, yUnit, roundingVariance)
				: undefined;
		const { step, codes } = !fitted
			? nearestCodes(row, precision.C, held && held.C[h]! / yUnit)
			: precision.C < 8
				? carriedCodes(fitted.row, precision.C, fitted.U)
				: nearestCodes(fitted.row, precision.C);
		cCodes.set(codes, 2 * h * N);
		const sum = codes.reduce((total, code) => total + Math.abs(code), 0);
		cStep[h] = step;
		worst = Math.max(worst, sum * symmetricMax(precision.x));
	}
	const cPreshift = preshiftFor(worst);

	const direct = float.D.map((d, h) => (d * uStep[h]!) / yUnit);
	const dStep = held ? held.D / yUnit : bestStep(direct, precision.D) || 1;
	const dLow = -(2 ** (precision.D - 1));

	// g: the least and the greatest value seen meet the ends of its codes.
	const levels = 2 ** precision.g;
	const gScale = encodeScale(`${name} g scale`, yUnit / ((ranges.gMax - ranges.gMin || 1) / (levels - 1)));
	const gStep = yUnit / scaleValue(gScale);
	const gZero = Math.max(-128, Math.min(127, Math.round(ranges.gMin / gStep) + levels / 2));

	// Value and gate rows over g's codes; g's zero goes into their biases, with the weights as they were rounded.
	const { gMean, gMoments } = ranges;
	const inputs: Inputs = {
		most: levels / 2,
		mean: gMean.length ? gMean.map((m) => m / gStep - gZero) : new Float64Array(H).fill(-gZero),
		...(compensate && {
			covariance: gMoments.map((m, i) => (m - gMean[Math.floor(i / H)]! * gMean[i % H]!) / gStep ** 2),
		}),
	};
	const map = (first: number, unitOf: (h: number) => number, bits: number, what: "value" | "gate") => {
		const weights = new Float64Array(H * H);
		const bias = new Float64Array(H);
		for (let r = 0; r < H; r++) {
			let sum = 0;
			for (let k = 0; k < H; k++) {
				const w = float.outputWeight[(first + r) * H + k]!;
				weights[r * H + k] = (w * gStep) / unitOf(r);
				sum += w;
			}
			bias[r] = (float.outputBias[first + r]! + gStep * gZero * sum) / unitOf(r);
		}
		const steps = held?.[what].map((step, r) => step / Math.abs(unitOf(r)));
		return quantizeRows(`${name} ${what}`, weights, bias, H, bits, precision.bias, inputs, steps);
	};
	// Biases hold g's zero too; they and what the value rows gave must fit an int16. Gates beyond 8 are saturated anyway.
	const foldedBias = (row: number) => {
		let sum = float.outputBias[row]!;
		for (let k = 0; k < H; k++) sum += gStep * gZero * float.outputWeight[row * H + k]!;
		return Math.abs(sum);
	};
	const rowMost = (row: number) =>
		float.outputWeight.subarray(row * H, (row + 1) * H).reduce((most, w) => Math.max(most, Math.abs(w)), 0);
	let gateMost = 8;
	let gateStep = 0;
	let valueMost = 0;
	for (let h = 0; h < H; h++) {
		gateStep = Math.max(gateStep, stepFor(gStep * rowMost(H + h), precision.gate));
		gateMost = Math.max(gateMost, HEADROOM * foldedBias(H + h));
		valueMost = Math.max(
			valueMost,
			(HEADROOM * Math.max(ranges.value[h]!, foldedBias(h))) / Math.abs(before.scale[h]!),
			((stepFor(gStep * rowMost(h), precision.value) / Math.abs(before.scale[h]!)) * INT16_MAX) / STEP_MAX,
		);
	}
	const valueShift = Math.min(8, Math.max(0, Math.ceil(Math.log2(valueMost / INT16_MAX))));
	const gateFraction = fractionFor(gateMost, gateStep || 1);

	const valueUnit = (h: number) => before.scale[h]! * 2 ** valueShift;
	const gateUnit = () => 2 ** -gateFraction;
	const layer: S4dLayer = {
		kind: "s4d",
		A,
		B,
		C: {
			bits: precision.C,
			codes: cCodes,
			preshift: cPreshift,
			scale: Uint8Array.from(cStep, (step, h) =>
				encodeCoarseScale(`${name} C scale of head ${h}`, step * 2 ** cPreshift),
			),
		},
		D: {
			bits: precision.D,
			codes: Int8Array.from(direct, (d) => Math.max(dLow, Math.min(-dLow - 1, Math.round(d / dStep)))),
			scale: encodeScale(`${name} D scale`, dStep),
		},
		x: { bits: precision.x, rounding: precision.rounding },
		u: { bits: precision.u, scale: uScale, zero: uZero, zeroShift: uZeroShift },
		yFraction,
		g: { bits: precision.g, scale: gScale, zero: gZero },
		value: map(0, valueUnit, precision.value, "value"),
		valueShift,
		gate: map(H, gateUnit, precision.gate, "gate"),
		gateFraction,
	};
	return {
		layer,
		units: { u: uStep, stateRe: unit, stateIm: unit.map((v, i) => (conjugated[i] ? -v : v)) },
		grid: {
			A: A.format === "polar" ? polarGrid(A) : null,
			B: { codes: B.codes, shift: B.shift },
			u: uScale,
			C: cStep.map((step) => step * yUnit),
			D: dStep * yUnit,
			value: stepsOf(layer.value).map((step, h) => step * Math.abs(valueUnit(h))),
			gate: stepsOf(layer.gate).map((step) => step * gateUnit()),
		},
	};
}

/** Dither begins here in every model: any number does; this is 2^32 / golden ratio. */
export const DITHER_SEED = 0x9e3779b9 | 0;

/** What a quantized network says of itself beside its integers. */
export interface NetworkDetails {
	/** Steps of the sequences it is made for; 0: any. */
	steps: number;
	/** Samples a second; 0: unknown. */
	rate: number;
	notes: string;
	/** Seed of the dither generator. */
	ditherSeed: number;
}

/**
 * The integer network.
 * @param compensate carry rounding errors of linear weights under 8 bits into the weights not yet rounded; off for training
 * @throws RangeError naming the tensor that cannot be represented
 */
export function quantize(
	model: FloatModel,
	ranges: Ranges,
	precision: Precision,
	details: NetworkDetails,
	compensate: boolean,
): QuantizedNetwork {
	return quantizeWithUnits(model, ranges, precision, details, compensate).network;
}

/**
 * As `quantize`, with what the integers mean in real numbers and the grids they lie on: what training through them needs.
 * @param held grids to take instead of the best ones; not with `compensate`
 */
export function quantizeWithUnits(
	model: FloatModel,
	ranges: Ranges,
	precision: Precision,
	details: NetworkDetails,
	compensate: boolean,
	held?: Grid,
): { network: QuantizedNetwork; units: Units; grid: Grid } {
	const { H, N, L, channels, classes } = model;
	const residual = residualScales(model, ranges, precision.residual);

	const inputScale = new Float32Array(channels);
	const inputOffset = new Float32Array(channels);
	for (let c = 0; c < channels; c++) {
		inputOffset[c] = model.inputMean[c]!;
		const most = Math.max(
			Math.abs(ranges.inputMin[c]! - inputOffset[c]!),
			Math.abs(ranges.inputMax[c]! - inputOffset[c]!),
		);
		inputScale[c] = (HEADROOM * most || 1) / INT16_MAX;
	}
	const encoder = new Float64Array(H * channels);
	const encoderBias = new Float64Array(H);
	for (let h = 0; h < H; h++) {
		encoderBias[h] = (model.encoderBias[h]! - residual[0]!.offset[h]!) / residual[0]!.scale[h]!;
		for (let c = 0; c < channels; c++) {
			const i = h * channels + c;
			// The device subtracts float32(mean); what that differs from the mean is constant and belongs to the bias.
			encoderBias[h]! +=
				(model.encoderWeight[i]! * (inputOffset[c]! - model.inputMean[c]!)) /
				model.inputStd[c]! /
				residual[0]!.scale[h]!;
			encoder[i] = (model.encoderWeight[i]! * inputScale[c]!) / model.inputStd[c]! / residual[0]!.scale[h]!;
		}
	}

	// The residual's offset goes into the decoder's bias, which may so become greater than any logit.
	const last = residual[L]!;
	const realBias = Float64Array.from(model.decoderBias);
	for (let i = 0; i < classes * H; i++)
		realBias[Math.floor(i / H)]! += model.decoderWeight[i]! * last.offset[i % H]!;
	// What rounding changes on average goes into the biases.
	const biasRoom = ranges.pooled ? HEADROOM : 1;
	const logitMost = Math.max(2 * ranges.logits, 2, ...realBias.map((bias) => biasRoom * Math.abs(bias)));
	const decoderMost = model.decoderWeight.reduce(
		(most, w, i) => Math.max(most, Math.abs(w * last.scale[i % H]!)),
		0,
	);
	const logitRoom = Math.min(
		INT16_MAX / logitMost,
		STEP_MAX / (stepFor(decoderMost, precision.decoder) || 1),
	);
	const logitFraction = Math.max(0, Math.min(16, Math.floor(Math.log2(logitRoom))));
	const logitUnit = 2 ** logitFraction;
	const decoder = model.decoderWeight.map((w, i) => w * logitUnit * last.scale[i % H]!);
	const decoderBias = realBias.map((bias) => bias * logitUnit);

	const { pooled } = ranges;
	const pooledInputs: Inputs = {
		most: symmetricMax(precision.residual),
		mean: pooled?.mean.map((m, h) => (m - last.offset[h]!) / last.scale[h]!) ?? new Float64Array(H),
		...(pooled &&
			compensate && {
				covariance: pooled.covariance.map(
					(v, i) => v / (last.scale[Math.floor(i / H)]! * last.scale[i % H]!),
				),
			}),
	};

	const layers = model.layers.map((layer, l) =>
		quantizeLayer(
			`layer ${l}`,
			model,
			layer,
			ranges.layers[l]!,
			precision.layers[l]!,
			residual[l]!,
			compensate,
			held?.layers[l],
		),
	);
	const sampleInputs: Inputs = { most: 32768, mean: new Float64Array(channels) };
	const first = residual[0]!.scale.map(Math.abs);
	const encoderSteps = held?.encoder.map((step, h) => step / first[h]!);
	const decoderSteps = held?.decoder.map((step) => step * logitUnit);
	const network: QuantizedNetwork = {
		H,
		N,
		channels,
		classes,
		pooling: model.pooling,
		activation: model.activation,
		residualBits: precision.residual,
		ditherSeed: details.ditherSeed,
		encoder: quantizeRows(
			"encoder",
			encoder,
			encoderBias,
			channels,
			precision.encoder,
			16,
			sampleInputs,
			encoderSteps,
		),
		layers: layers.map(({ layer }) => layer),
		decoder: quantizeRows(
			"decoder",
			decoder,
			decoderBias,
			H,
			precision.decoder,
			16,
			pooledInputs,
			decoderSteps,
		),
		logitFraction,
		input: { scale: inputScale, offset: inputOffset },
		steps: details.steps,
		rate: details.rate,
		labels: model.labels,
		notes: details.notes,
		golden: [],
	};
	return {
		network,
		units: { residual, layers: layers.map(({ units }) => units) },
		grid: {
			encoder: stepsOf(network.encoder).map((step, h) => step * first[h]!),
			decoder: stepsOf(network.decoder).map((step) => step / logitUnit),
			layers: layers.map(({ grid }) => grid),
		},
	};
}

/** Values in the data's own units to samples, as a device's input stage does: (steps, channels). */
export function toSamples(input: QuantizedNetwork["input"], values: ArrayLike<number>): Int16Array {
	const channels = input.scale.length;
	const samples = new Int16Array(values.length);
	for (let i = 0; i < values.length; i++) {
		const c = i % channels;
		samples[i] = Math.max(
			-INT16_MAX,
			Math.min(INT16_MAX, Math.round((values[i]! - input.offset[c]!) / input.scale[c]!)),
		);
	}
	return samples;
}
