// The closed format and its overflow proof: a network passes only if every tensor is inside its format and every int32
// intermediate of edge-ssm.int.v1 is bounded for the worst input. Refusals name the tensor. Not an estimate: saturation
// is part of the arithmetic and allowed; wrapping is not.
import { symmetricMax } from "../fixed-point/arithmetic";
import { GAIN } from "../fixed-point/tables";
import { align4 } from "./blob-layout";
import { ACTIVATIONS, POOLINGS } from "./names";
import { LIMITS, type Linear, type QuantizedNetwork, type S4dLayer, WEIGHT_BITS } from "./network";

const INT32_MAX = 0x7fffffff;
/** What `applyScale` takes. */
const SCALE_INPUT_MAX = 2 ** 18 - 1;

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

/** An accumulator of at most `bound` must fit int32 with its rounding and, after the preshift, the scale's input. */
function accumulator(tensor: string, bound: number, preshift: number): void {
	integer(`${tensor} preshift`, preshift, 0, 30);
	const half = 2 ** preshift / 2;
	if (bound + half > INT32_MAX)
		refuse(tensor, `its accumulator can reach ${bound}, beyond int32; use fewer bits or inputs`);
	if (Math.floor((bound + half) / 2 ** preshift) > SCALE_INPUT_MAX)
		refuse(tensor, `its accumulator can reach ${bound}, beyond 2^18 after a preshift of ${preshift}`);
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
	integer(`${tensor} phase bits`, A.phaseBits, 4, 12);
	integer(`${tensor} bits of a mode`, A.radiusBits + A.phaseBits, 5, 16);
	size(`${tensor} radius`, A.radius, H * N);
	size(`${tensor} phase`, A.phase, H * N);
	within(`${tensor} radius`, A.radius, 0, 2 ** A.radiusBits - 1);
	within(`${tensor} phase`, A.phase, 0, 2 ** A.phaseBits - 1);
	size(`${tensor} radius offset`, A.radiusOffset, H);
	size(`${tensor} radius step`, A.radiusStep, H);
	size(`${tensor} phase span`, A.phaseSpan, H);
	within(`${tensor} phase span`, A.phaseSpan, 0, 32768);
	for (let h = 0; h < H; h++)
		if (A.radiusOffset[h]! + (2 ** A.radiusBits - 1) * A.radiusStep[h]! > 255)
			refuse(`${tensor} radius`, `head ${h} reaches beyond the table's last entry, 255`);
}

function provenLayer(name: string, layer: S4dLayer, H: number, N: number, residualMax: number): void {
	const { B, C, D, x, u, g, value, gate } = layer;
	provenA(`${name} A`, layer, H, N);

	integer(`${name} u bits`, u.bits, 4, 8);
	size(`${name} u scale`, u.scale, H);
	size(`${name} u offset`, u.offset, H);
	within(`${name} u offset`, u.offset, -(2 ** 23), 2 ** 23 - 1);
	const uMax = symmetricMax(u.bits);
	for (let h = 0; h < H; h++) {
		const shift = u.scale[h]! >> 11;
		if (shift < 7 || shift > 25) refuse(`${name} u scale`, `shift ${shift} of head ${h} is not in 7 to 25`);
		const bound = residualMax * (2048 + (u.scale[h]! & 2047)) + Math.abs(u.offset[h]!) * 2 ** (shift - 4);
		if (bound > INT32_MAX) refuse(`${name} u`, `head ${h} can reach ${bound}, beyond int32`);
	}

	integer(`${name} x bits`, x.bits, 4, 16);
	named(`${name} x rounding`, x.rounding, ["nearest", "dithered"]);
	if (B.bits !== 4 && B.bits !== 8) refuse(`${name} B`, `${B.bits} bits are not among 4, 8`);
	size(`${name} B`, B.codes, H * N);
	size(`${name} B shift`, B.shift, H);
	within(`${name} B`, B.codes, 0, 2 ** B.bits - 1);
	within(`${name} B shift`, B.shift, 0, 24);
	// |Abar x| <= |Abar| |x| < 2^15 sqrt(2) xMax, and half a step or a dither of at most 2^15 - 1 is added.
	const rotated = Math.ceil(32768 * Math.SQRT2 * symmetricMax(x.bits)) + 32767;
	for (let h = 0; h < H; h++) {
		let most = 0;
		for (let n = 0; n < N; n++) {
			const code = B.codes[h * N + n]!;
			most = Math.max(most, B.bits === 4 ? GAIN[code]! : code);
		}
		const bound = rotated + most * uMax * 2 ** B.shift[h]!;
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
	if ((network.ditherSeed | 0) === 0)
		refuse("dither seed", "0 would stop the generator; use any other number");
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
		provenLayer(`layer ${l}`, layer, H, N, residualMax);
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
