// What the parts of blob and arena are called when people read of them.
import type { arenaComponents, BlobComponents } from "./components";

export const COMPONENT_NAMES: Record<keyof BlobComponents, string> = {
	A: "A (Abar)",
	B: "B (input gains)",
	C: "C",
	D: "D",
	weights: "linear weights",
	scales: "scales, offsets, biases",
	header: "header",
	inputScaling: "input scaling",
	labels: "labels",
	notes: "notes",
	golden: "golden vectors",
	signature: "signature",
	padding: "padding",
	total: "total",
};

export const ARENA_NAMES: Record<keyof ReturnType<typeof arenaComponents>, string> = {
	state: "state x",
	pooling: "pooling",
	residual: "residual stream",
	activations: "activations",
	scratch: "rows being unpacked",
	control: "step count, dither",
	total: "total",
};
