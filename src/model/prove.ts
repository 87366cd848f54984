// The closed format and its overflow proof: a network passes only if every tensor is inside its format and every int32
// intermediate of edge-ssm.int.v2 is bounded for the worst input. Refusals name the tensor. Not an estimate: saturation
// is part of the arithmetic and allowed; wrapping is not.
import { symmetricMax } from "../fixed-point/arithmetic";
import { align4 } from "./blob-layout";
import { expandA, expandB, phaseBaseValue } from "./expand";
import { ACTIVATIONS, POOLINGS } from "./names";
import { LIMITS, type Linear, type QuantizedNetwork, type S4dLayer, WEIGHT_BITS } from "./network";

const INT32_MAX = 0x7fffffff;
/** What `applyCoarseScale` takes. */
const SCALE_INPUT_MAX = 2 ** 22 - 1;

function refuse(tensor: string, why: string): never {
	throw new RangeError(`${tensor}: ${why}`);
}

function within(tensor: string, values: ArrayLike<number>, low: number, high: number): void {
	for (let i = 0; i < values.length; i++) {
		const v = values[i]!;
		if (!(v >= low && v <= high)) refuse(tensor, `element ${i} is ${v}, not in ${low} to ${high}`);
	}
}

function integer(tensor: string, value: number, low: number, high: number): void {
	if (!Number.isInteger(value)) refuse(tensor, `${value} is not an integer`);
	within(tensor, [value], low, high);
}

function size(tensor: string, values: { length: number }, expected: number): void {
	if (values.length !== expected) refuse(tensor, `has ${values.length} elements where ${expected} belong`);
}

function named(tensor: string, name: string, names: readonly string[]): void {
	if (!names.includes(name)) refuse(tensor, `${name} is none of ${names.join(", ")}`);
}

function weightBits(tensor: string, bits: number): void {
	if (!WEIGHT_BITS.includes(bits)) refuse(tensor, `${bits} bits are not among ${WEIGHT_BITS.join(", ")}`);
}

function codes(tensor: string, values: ArrayLike<number>, bits: number): void {
	within(tensor, values, -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
}

/** Codes of `bits` bits, times 2^shift. */
function shifted(tensor: string, values: ArrayLike<number>, bits: number, shift: number): void {
	within(tensor, values, -(1 << (bits - 1 + shift)), ((1 << (bits - 1)) - 1) << shift);
	for (let i = 0; i < values.length; i++)
		if (values[i]! & ((1 << shift) - 1))
			refuse(tensor, `element ${i}, ${values[i]}, is no multiple of 2^${shift}`);
}

/** An accumulator of at most `bound` must fit int32 with its rounding and, after the preshift, the scale's input. */
function accumulator(tensor: string, bound: number, preshift: number): void {
	integer(`${tensor} preshift`, preshift, 0, 30);
	const half = 2 ** preshift / 2;
	if (bound + half > INT32_MAX)
		refuse(tensor, `its accumulator can reach ${bound}, beyond int32; use fewer bits or inputs`);
	if (Math.floor((bound + half) / 2 ** preshift) > SCALE_INPUT_MAX)
		refuse(tensor, `its accumulator can reach ${bound}, beyond 2^22 after a preshift of ${preshift}`);
}

/** Worst accumulator over the rows of a map whose inputs lie in low..high. */
function provenLinear(
	tensor: string,
	linear: Linear,
	rows: number,
	columns: number,
	low: number,
	high: number,
): void {
	if (linear.rows !== rows || linear.columns !== columns)
		refuse(tensor, `is ${linear.rows} x ${linear.columns} where ${rows} x ${columns} belongs`);
	weightBits(tensor, linear.bits);
	size(`${tensor} weights`, linear.weights, rows * columns);
	codes(`${tensor} weights`, linear.weights, linear.bits);
	size(`${tensor} scale`, linear.scale, rows);
	size(`${tensor} bias`, linear.bias, rows);
	if (linear.biasBits !== 8 && linear.biasBits !== 16)
		refuse(`${tensor} bias`, `${linear.biasBits} bits are not among 8, 16`);
	integer(`${tensor} bias shift`, linear.biasShift, 0, 16 - linear.biasBits);
	shifted(`${tensor} bias`, linear.bias, linear.biasBits, linear.biasShift);
	const most = Math.max(-low, high);
	let worst = 0;
	for (let row = 0; row < rows; row++) {
		let sum = 0;
		for (let i = 0; i < columns; i++) sum += Math.abs(linear.weights[row * columns + i]!);
		worst = Math.max(worst, sum * most);
	}
	accumulator(tensor, worst, linear.preshift);
}

function provenA(tensor: string, layer: S4dLayer, H: number, N: number): void {
	const { A } = layer;
	if (A.format === "cartesian") {
		integer(`${tensor} bits`, A.bits, 6, 16);
		size(tensor, A.codes, 2 * H * N);
		codes(tensor, A.codes, A.bits);
		const unit = 2 ** (A.bits - 1);
		for (let i = 0; i < H * N; i++)
			if (Math.hypot(A.codes[2 * i]!, A.codes[2 * i + 1]!) >= unit)
				refuse(tensor, `mode ${i % N} of head ${Math.floor(i / N)} is not inside the unit circle`);
		return;
	}
	integer(`${tensor} radius bits`, A.radiusBits, 1, 8);
	integer(`${tensor} phase bits`, A.phaseBits, 2, 12);
	integer(`${tensor} bits of a mode`, A.radiusBits + A.phaseBits, 3, 16);
	integer(`${tensor} radius step`, A.radiusStep, 0, 255);
	integer(`${tensor} phase shift`, A.phaseShift, 0, 10);
	size(`${tensor} radius`, A.radius, H * N);
	size(`${tensor} phase`, A.phase, H * N);
	within(`${tensor} radius`, A.radius, 0, 2 ** A.radiusBits - 1);
	codes(`${tensor} phase`, A.phase, A.phaseBits);
	size(`${tensor} radius offset`, A.radiusOffset, H);
	size(`${tensor} phase base`, A.phaseBase, H);
	shifted(`${tensor} radius offset`, A.radiusOffset, 7, 2);
	within(`${tensor} phase base`, A.phaseBase, 0, 1023);
	const place = N * 2 ** A.phaseShift + 2 ** (A.phaseBits - 1);
	for (let h = 0; h < H; h++)
		if (place * phaseBaseValue(A.phaseBase[h]!) + 512 > INT32_MAX)
			refuse(`${tensor} phase`, `head ${h} can reach beyond int32`);
}

function provenLayer(name: string, layer: S4dLayer, H: number, N: number): void {
	const { B, C, D, x, u, g, value, gate } = layer;
	provenA(`${name} A`, layer, H, N);

	integer(`${name} u bits`, u.bits, 4, 8);
	size(`${name} u scale`, u.scale, H);
	size(`${name} u zero`, u.zero, H);
	size(`${name} u zero shift`, u.zeroShift, H);
	within(`${name} u zero shift`, u.zeroShift, 0, 6); // |residual - zero| < 2^22
	for (let h = 0; h < H; h++) shifted(`${name} u zero`, [u.zero[h]!], 16, u.zeroShift[h]!);
	const uMax = symmetricMax(u.bits);

	integer(`${name} x bits`, x.bits, 4, 16);
	named(`${name} x rounding`, x.rounding, ["nearest", "dithered"]);
	if (![0, 2, 4, 8].includes(B.bits)) refuse(`${name} B`, `${B.bits} bits are not among 0, 2, 4, 8`);
	size(`${name} B`, B.codes, H * N);
	size(`${name} B shift`, B.shift, H);
	within(`${name} B`, B.codes, 0, 2 ** B.bits - 1);
	within(`${name} B shift`, B.shift, 0, B.bits > 2 ? 22 : 31); // 255 << 22 fits int32
	// |Abar x| <= |Abar| |x| < 2^15 sqrt(2) xMax, and half a step or a dither of at most 2^15 - 1 is added.
	const rotated = Math.ceil(32768 * Math.SQRT2 * symmetricMax(x.bits)) + 32767;
	const pair = new Int16Array(2);
	for (let h = 0; h < H; h++) {
		let most = 0;
		for (let n = 0; n < N; n++) {
			expandA(layer.A, h, n, N, pair, 0);
			most = Math.max(most, expandB(B, h, h * N + n, pair[0]!, pair[1]!));
		}
		const bound = rotated + most * uMax;
		if (bound > INT32_MAX) refuse(`${name} B`, `the state of head ${h} can reach ${bound}, beyond int32`);
	}

	weightBits(`${name} C`, C.bits);
	size(`${name} C`, C.codes, 2 * H * N);
	codes(`${name} C`, C.codes, C.bits);
	size(`${name} C scale`, C.scale, H);
	integer(`${name} D scale`, D.scale, 0, 65535);
	let worst = 0;
	for (let h = 0; h < H; h++) {
		let sum = 0;
		for (let i = 0; i < 2 * N; i++) sum += Math.abs(C.codes[2 * h * N + i]!);
		worst = Math.max(worst, sum * symmetricMax(x.bits));
	}
	accumulator(`${name} C`, worst, C.preshift);
	weightBits(`${name} D`, D.bits);
	size(`${name} D`, D.codes, H);
	codes(`${name} D`, D.codes, D.bits);

	integer(`${name} y fraction`, layer.yFraction, 3, 12);
	integer(`${name} gate fraction`, layer.gateFraction, 3, 12);
	integer(`${name} value shift`, layer.valueShift, 0, 8);
	integer(`${name} g bits`, g.bits, 4, 8);
	integer(`${name} g scale`, g.scale, 0, 65535);
	integer(`${name} g zero`, g.zero, -128, 127);
	const gMax = 2 ** (g.bits - 1);
	provenLinear(`${name} value`, value, H, H, -gMax, gMax - 1);
	provenLinear(`${name} gate`, gate, H, H, -gMax, gMax - 1);
}

/** Returns the network when it is inside the format and cannot overflow. @throws RangeError naming the tensor. */
export function provenNetwork(network: QuantizedNetwork): QuantizedNetwork {
	const { H, N, channels, classes, layers } = network;
	integer("heads H", H, 1, LIMITS.H);
	integer("modes N", N, 1, LIMITS.N);
	integer("layers L", layers.length, 1, LIMITS.L);
	integer("channels", channels, 1, LIMITS.channels);
	integer("classes", classes, 2, LIMITS.classes);
	named("pooling", network.pooling, POOLINGS);
	named("activation", network.activation, ACTIVATIONS);
	integer("residual bits", network.residualBits, 8, 16);
	integer("logit fraction", network.logitFraction, 0, 24);
	integer("steps", network.steps, 0, INT32_MAX);
	if (!(network.rate >= 0 && Number.isFinite(Math.fround(network.rate))))
		refuse("rate", `${network.rate} is not a rate in Hz`);
	if (network.pooling === "mean" && network.steps > LIMITS.meanSteps)
		refuse("steps", `mean pooling is proven for ${LIMITS.meanSteps} steps, not ${network.steps}`);
	size("labels", network.labels, classes);
	for (const label of network.labels)
		if (label.includes("\0") || label === "") refuse("labels", "a label is empty or holds a zero character");
	size("input scale", network.input.scale, channels);
	size("input offset", network.input.offset, channels);
	for (let c = 0; c < channels; c++)
		if (
			!(
				network.input.scale[c]! > 0 &&
				Number.isFinite(network.input.scale[c]!) &&
				Number.isFinite(network.input.offset[c]!)
			)
		)
			refuse("input scale", `channel ${c} has no usable scale or offset`);

	const residualMax = symmetricMax(network.residualBits);
	provenLinear("encoder", network.encoder, H, channels, -32768, 32767);
	layers.forEach((layer, l) => {
		provenLayer(`layer ${l}`, layer, H, N);
	});
	provenLinear("decoder", network.decoder, classes, H, -residualMax, residualMax);
	network.golden.forEach(({ samples, logits }, i) => {
		if (samples.length === 0 || samples.length % channels)
			refuse(`golden vector ${i}`, "has no whole number of samples");
		if (network.pooling === "mean" && samples.length / channels > LIMITS.meanSteps)
			refuse(`golden vector ${i}`, `mean pooling is proven for ${LIMITS.meanSteps} steps`);
		size(`golden vector ${i} logits`, logits, classes);
	});
	if (align4(network.notes.length) > 65536) refuse("notes", "are longer than 64 KiB");
	return network;
}
