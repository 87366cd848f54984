// A new network with random weights, initialized as in state-spaces/s4. Deterministic by seed.
import type { GateTable } from "../../src/network/glu";
import type { Pooling } from "../../src/network/pooling";
import { Random } from "../datasets/random";
import { type ActivationName, activationOf } from "../float/activation-name";
import type { FloatBlock, FloatMixer, FloatModel, FloatNorm, Placement } from "../float/model";
import type { NormKind } from "../float/norm-kind";

/** Shape of a new network and how its SSM starts. */
export interface Architecture {
	heads: number;
	/** Complex modes per head (N). */
	modes: number;
	layers: number;
	activation: ActivationName;
	/** What opens the gates. */
	gate: GateTable;
	pooling: Pooling;
	/** Where each block has its norm. */
	norm: Placement | "none";
	/** BatchNorm unless another is said. */
	normKind?: NormKind | undefined;
	/** Imaginary parts of A: "lin" n pi, "inv" (2N / pi) (2N / (2n + 1) - 1); real parts are -1/2 (Gu et al., S4D). */
	init: "lin" | "inv";
	/** dt of each head is drawn log-uniformly from this range, in steps. */
	dtMin: number;
	dtMax: number;
}

/** A FloatModel of this architecture; input scaling is mean 0, std 1; the caller sets it. */
export function initialize(
	architecture: Architecture,
	channels: number,
	labels: string[],
	seed: number,
): FloatModel {
	const {
		heads: H,
		modes: N,
		layers: L,
		activation,
		gate,
		pooling,
		norm,
		normKind,
		init,
		dtMin,
		dtMax,
	} = architecture;
	const random = new Random(seed, 0x171);
	const filled = (length: number, value: () => number) => Float64Array.from({ length }, value);
	// PyTorch's default for linear maps: weight and bias uniform within 1 / sqrt(inputs).
	const linear = (length: number, inputs: number) =>
		filled(length, () => random.uniform(-1, 1) / Math.sqrt(inputs));
	const frequency = (n: number) =>
		init === "lin" ? Math.PI * n : ((2 * N) / Math.PI) * ((2 * N) / (2 * n + 1) - 1);
	const block = (): FloatBlock => {
		const mixer: FloatMixer = {
			kind: "s4d",
			N,
			logDt: filled(H, () => random.uniform(Math.log(dtMin), Math.log(dtMax))),
			logAReal: new Float64Array(H * N).fill(Math.log(0.5)),
			AImag: Float64Array.from({ length: H * N }, (_, i) => frequency(i % N)),
			// Complex normal of variance 1, as torch.randn draws it.
			CReal: filled(H * N, () => random.bell() * Math.SQRT1_2),
			CImag: filled(H * N, () => random.bell() * Math.SQRT1_2),
			D: filled(H, () => random.bell()),
		};
		return {
			placement: norm === "none" ? "before" : norm,
			norm: norm === "none" ? { kind: "none" } : freshNorm(normKind ?? "batch", H),
			mixer,
			activation: activationOf(activation),
			channel: { kind: "glu", gateTable: gate, weight: linear(2 * H * H, H), bias: linear(2 * H, H) },
		};
	};
	return {
		H,
		channels,
		inputMean: new Float64Array(channels),
		inputStd: new Float64Array(channels).fill(1),
		encoder: { kind: "linear", weight: linear(H * channels, channels), bias: linear(H, channels) },
		blocks: Array.from({ length: L }, block),
		head: { kind: "classes", pooling, weight: linear(labels.length * H, H), bias: linear(labels.length, H) },
		labels,
		metadata: {},
	};
}

/** A norm that only normalizes yet. */
function freshNorm(kind: NormKind, H: number): FloatNorm {
	const [ones, zeros] = [() => new Float64Array(H).fill(1), () => new Float64Array(H)];
	const eps = 1e-5;
	if (kind === "rms") return { kind, weight: ones(), eps };
	if (kind === "layer") return { kind, weight: ones(), bias: zeros(), eps };
	return { kind, weight: ones(), bias: zeros(), mean: zeros(), variance: ones(), eps };
}
