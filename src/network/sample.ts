// Physical values as the integers that a network takes.
import type { InputChannel } from "./network";

/** A value in its channel's physical units as an int16 sample, clamped to -32767 to 32767. */
export function toSample({ scale, offset }: InputChannel, value: number): number {
	return Math.max(-32767, Math.min(32767, Math.round((value - offset) / scale)));
}

/** Converts one sample's physical values (channels), written to out[at], ... */
export function scaleSample(
	{ input }: { readonly input: readonly InputChannel[] },
	values: ArrayLike<number>,
	out: Int16Array,
	at = 0,
): void {
	for (let c = 0; c < input.length; c++) out[at + c] = toSample(input[c]!, values[c]!);
}
