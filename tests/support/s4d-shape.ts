// Shapes of networks of S4D blocks, for tests that need no network.
import type { Shape } from "../../host-tools/quantization/shape";

export function s4dShape({
	L,
	N = 4,
	...sizes
}: {
	H?: number;
	N?: number;
	L: number;
	channels?: number;
}): Shape {
	return {
		...{ channels: 3, H: 4, ...sizes },
		encoder: { kind: "linear" },
		blocks: Array.from({ length: L }, () => ({
			norm: { kind: "affine" },
			mixer: { kind: "s4d", N },
			activation: { kind: "gelu", table: "gelu" },
			channel: { kind: "glu" },
			post: { kind: "none" },
		})),
		head: { kind: "classes", pooling: "mean", outputs: 2 },
	};
}
