// Random float networks of S5 blocks for tests, the same for the same seed.
import { Random } from "../../host-tools/datasets/random";
import type { FloatBlock, FloatChannel, FloatMixer, FloatModel } from "../../host-tools/float/model";
import type { FloatS5 } from "../../host-tools/float/s5";

export type S5Block = FloatBlock & { mixer: FloatS5 };
export type S5Model = Omit<FloatModel, "blocks"> & { blocks: S5Block[] };

export const CHANNEL_KINDS = ["glu", "half_glu1", "half_glu2", "ungated"] as const;

/** The mixer of a block of S5. */
export function s5Of({ mixer }: { mixer: FloatMixer }): FloatS5 {
	if (mixer.kind !== "s5") throw new Error(`a mixer ${mixer.kind} where S5 is needed`);
	return mixer;
}

/** Sizes, channel mixer, norm and settings follow from the seed. */
export function randomS5Model(
	seed: number,
	sizes: { H?: number; P?: number; L?: number; channels?: number; outputs?: number } = {},
): S5Model {
	const r = new Random(seed, 0x55);
	const fill = (n: number, low: number, high: number) =>
		Float64Array.from({ length: n }, () => r.uniform(low, high));
	const drawn = {
		H: 1 + r.below(5),
		P: 1 + r.below(6),
		L: 1 + r.below(3),
		channels: 1 + r.below(3),
		outputs: 2 + r.below(4),
	};
	const { H, P, L, channels, outputs } = { ...drawn, ...sizes };
	const kind = CHANNEL_KINDS[r.below(CHANNEL_KINDS.length)]!;
	const gateTable = r.chance(0.5) ? "sigmoid" : "hard_sigmoid";
	const table = (["gelu_tanh", "gelu", "qgelu"] as const)[r.below(3)]!;
	const withNorm = r.chance(0.8);
	const [inputMean, inputStd] = [fill(channels, -1, 1), fill(channels, 0.5, 2)];
	const channel = (): FloatChannel => {
		if (kind === "ungated") return { kind };
		const rows = kind === "glu" ? 2 * H : H;
		return { kind, gateTable, weight: fill(rows * H, -1, 1), bias: fill(rows, -0.5, 0.5) };
	};
	const block = (): S5Block => ({
		placement: "before",
		mixer: {
			kind: "s5",
			P,
			logStep: fill(P, -6, -2),
			lambdaLogRe: fill(P, -2, 1),
			lambdaIm: fill(P, -30, 30),
			BRe: fill(P * H, -1, 1),
			BIm: fill(P * H, -1, 1),
			CRe: fill(H * P, -1, 1),
			CIm: fill(H * P, -1, 1),
			D: fill(H, -1, 1),
		},
		activation: { kind: "gelu", table },
		channel: channel(),
		norm: withNorm
			? {
					kind: "batch",
					weight: fill(H, 0.5, 1.5).map((w) => (r.chance(0.2) ? -w : w)),
					bias: fill(H, -0.5, 0.5),
					mean: fill(H, -1, 1),
					variance: fill(H, 0.2, 2),
					eps: 1e-5,
				}
			: { kind: "none" },
	});
	return {
		H,
		channels,
		inputMean,
		inputStd,
		encoder: { kind: "linear", weight: fill(H * channels, -1, 1), bias: fill(H, -1, 1) },
		blocks: Array.from({ length: L }, block),
		head: {
			kind: "classes",
			pooling: r.chance(0.5) ? "mean" : "last",
			weight: fill(outputs * H, -1, 1),
			bias: fill(outputs, -1, 1),
		},
		labels: Array.from({ length: outputs }, (_, i) => `class ${i}`),
		metadata: {},
	};
}
