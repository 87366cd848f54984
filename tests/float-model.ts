// Random float networks for tests: small, of any shape and setting, the same for the same seed.
import type { FloatModel } from "../host-tools/checkpoints/model";
import { Random } from "../host-tools/datasets/random";

/** A network with weights of a usual size; heads, modes, layers, channels, classes, norm and settings follow from the seed. */
export function randomModel(seed: number): FloatModel {
	const r = new Random(seed, 99);
	const fill = (n: number, low: number, high: number) =>
		Float64Array.from({ length: n }, () => r.uniform(low, high));
	const [H, N, L, channels, classes] = [
		1 + r.below(5),
		1 + r.below(4),
		1 + r.below(3),
		1 + r.below(3),
		2 + r.below(4),
	];
	const withNorm = r.chance(0.8);
	return {
		H,
		N,
		L,
		channels,
		classes,
		activation: (["gelu", "gelu_tanh", "gelu_sigmoid"] as const)[r.below(3)]!,
		pooling: r.chance(0.5) ? "mean" : "last",
		normPlacement: r.chance(0.5) ? "before" : "after",
		inputMean: fill(channels, -1, 1),
		inputStd: fill(channels, 0.5, 2),
		encoderWeight: fill(H * channels, -1, 1),
		encoderBias: fill(H, -1, 1),
		layers: Array.from({ length: L }, () => ({
			logDt: fill(H, -5, -1),
			logAReal: fill(H * N, -2, 1),
			AImag: fill(H * N, 0, 20),
			CReal: fill(H * N, -1, 1),
			CImag: fill(H * N, -1, 1),
			D: fill(H, -1, 1),
			outputWeight: fill(2 * H * H, -1, 1),
			outputBias: fill(2 * H, -0.5, 0.5),
			norm: withNorm
				? {
						weight: fill(H, 0.5, 1.5),
						bias: fill(H, -0.5, 0.5),
						mean: fill(H, -1, 1),
						variance: fill(H, 0.2, 2),
						eps: 1e-5,
					}
				: null,
		})),
		decoderWeight: fill(classes * H, -1, 1),
		decoderBias: fill(classes, -1, 1),
		labels: Array.from({ length: classes }, (_, i) => `class ${i}`),
		metadata: { note: "made for a test" },
	};
}
