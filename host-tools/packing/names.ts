// Display names of the components of blob and arena.
import { allWidths } from "../quantization/widths/kinds";
import type { arenaComponents, BlobComponents } from "./components";

/** Display names of tensors whose own name is not clear enough. */
const CODES: Record<string, string> = Object.assign({}, ...allWidths().map(({ tensors }) => tensors));

const OTHERS: Record<Exclude<keyof BlobComponents, "codes">, string> = {
	scales: "scales, offsets, biases",
	header: "header",
	input: "input channels",
	labels: "labels",
	notes: "notes",
	golden: "golden vectors",
	signature: "signature",
	padding: "section headings, padding",
	total: "total",
};

/** A blob's bytes by content, as display names and numbers. */
export function namedComponents({ codes, ...others }: BlobComponents): [string, number][] {
	return [
		...Object.entries(codes).map(([tensor, bytes]): [string, number] => [CODES[tensor] ?? tensor, bytes]),
		...Object.entries(OTHERS).map(([key, name]): [string, number] => [
			name,
			others[key as keyof typeof others],
		]),
	];
}

const ARENA: Record<keyof ReturnType<typeof arenaComponents>, string> = {
	state: "state x",
	pooling: "pooling",
	residual: "residual stream",
	activations: "activations",
	rows: "rows being unpacked",
	control: "step count, dither",
	total: "total",
};

/** The arena's bytes by purpose, likewise, for the given purposes. */
export function namedArena(arena: Partial<Record<string, number>>): [string, number][] {
	return Object.entries(ARENA).flatMap(([key, name]) => {
		const bytes = arena[key];
		return bytes === undefined ? [] : [[name, bytes] as [string, number]];
	});
}
