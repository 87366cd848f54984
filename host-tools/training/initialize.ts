// A new network with random weights, initialized as in state-spaces/s4. Deterministic by seed.
import type { Dataset } from "../datasets/dataset";
import { Random } from "../datasets/random";
import { activationOf } from "../float/activation-name";
import type { FloatBlock, FloatChannel, FloatModel, FloatNorm } from "../float/model";
import type { NormKind } from "../float/norm-kind";
import type { Goal } from "../task/task";
import type { Architecture } from "./architecture";
import * as HEADS from "./operations/heads";
import { encoderFor, startOf } from "./startable";

/** A FloatModel of this architecture for such data and a goal; input scaling is mean 0, std 1; the caller sets it. */
export function initialize(
	architecture: Architecture,
	input: Pick<Dataset, "channels" | "tokens">,
	goal: Goal,
	seed: number,
): FloatModel {
	const { channels } = input;
	const { heads: H, layers: L, activation, norm, normKind } = architecture;
	const { mixer = "s4d", channel = "glu", gate } = architecture;
	const random = new Random(seed, 0x171);
	const filled = (length: number, value: () => number) => Float64Array.from({ length }, value);
	// PyTorch's default for linear maps: weight and bias uniform within 1 / sqrt(inputs).
	const linear = (length: number, inputs: number) =>
		filled(length, () => random.uniform(-1, 1) / Math.sqrt(inputs));
	const freshChannel = (): FloatChannel => {
		if (channel === "ungated") return { kind: channel };
		const rows = channel === "glu" ? 2 * H : H;
		return { kind: channel, gateTable: gate, weight: linear(rows * H, H), bias: linear(rows, H) };
	};
	const block = (): FloatBlock => {
		const fresh = startOf(mixer).fresh(architecture, random);
		return {
			placement: norm === "none" ? "before" : norm,
			norm: norm === "none" ? { kind: "none" } : freshNorm(normKind ?? "batch", H),
			mixer: fresh,
			activation: activationOf(activation),
			channel: freshChannel(),
		};
	};
	return {
		H,
		channels,
		inputMean: new Float64Array(channels),
		inputStd: new Float64Array(channels).fill(1),
		encoder: encoderFor(input).fresh(input, H, random, linear),
		blocks: Array.from({ length: L }, block),
		head: HEADS[goal.head as keyof typeof HEADS].fresh(goal, architecture, linear),
		labels: goal.labels,
		metadata: {},
	};
}

/** An identity norm: no scale or shift yet. */
function freshNorm(kind: NormKind, H: number): FloatNorm {
	const [ones, zeros] = [() => new Float64Array(H).fill(1), () => new Float64Array(H)];
	const eps = 1e-5;
	if (kind === "rms") return { kind, weight: ones(), eps };
	if (kind === "layer") return { kind, weight: ones(), bias: zeros(), eps };
	return { kind, weight: ones(), bias: zeros(), mean: zeros(), variance: ones(), eps };
}
