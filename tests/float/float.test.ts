// The float forward pass against logits of an independent program, and its two forms against each other.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { select, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { ACTIVATION_NAMES, nameOfActivation } from "../../host-tools/float/activation-name";
import {
	forwardTrace,
	outputsConvolution,
	outputsRecurrent,
	recurrent,
} from "../../host-tools/float/forward";
import { FUNCTIONS } from "../../host-tools/float/gelu";
import { floatActivationKind } from "../../host-tools/float/model";
import { discretize } from "../../host-tools/float/s4d";
import { GATE_TABLES } from "../../src/network/glu";
import { evaluateFloat } from "../support/evaluate-float";
import { placed, randomModel, randomStepNorms } from "../support/float-model";
import { sharedPath } from "../support/shared";

/** Largest difference between two lists of the same length. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
	expect(a.length).toBe(b.length);
	return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

const mnist = sharedPath("data/mnist");
describe.each(["h16", "h32"])("smnist-s4d-%s", (size) => {
	const checkpoint = sharedPath(`checkpoints/smnist-s4d-${size}.safetensors`);
	const expected = sharedPath(`checkpoints/smnist-s4d-${size}.logits.json`);
	it.skipIf(!checkpoint || !expected || !mnist)(
		"gives the logits of the independent program (needs ../shared)",
		async () => {
			const model = importCheckpoint(checkpoint!);
			const { first, logits } = JSON.parse(readFileSync(expected!, "utf8"));
			const test = select(await openDataset(mnist!, "test"), [...Array(first).keys()]);
			expect(first).toBe(64);
			const forward = recurrent(model);
			for (let i = 0; i < first; i++)
				expect(distance(forward(sequence(test, i), 784), logits[i])).toBeLessThan(1e-3);
			for (let i = 0; i < 2; i++)
				expect(distance(outputsConvolution(model, sequence(test, i), 784), logits[i])).toBeLessThan(1e-3);
			const { predictions, accuracy } = evaluateFloat(model, test);
			expect(predictions).toHaveLength(64);
			expect(accuracy).toBeGreaterThan(0.96);
		},
	);
});

describe("the two forms", () => {
	it("agree on networks of any shape, norm, activation and pooling", () => {
		const shapes = new Set<string>();
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 40 }), (seed, length) => {
				const model = randomModel(seed);
				const { placement, activation } = model.blocks[0]!;
				shapes.add(`${placement} ${model.head.pooling} ${nameOfActivation(activation)}`);
				const values = Float64Array.from(
					{ length: length * model.channels },
					(_, i) => 3 * Math.sin(seed + i * i),
				);
				const a = outputsRecurrent(model, values, length);
				expect(distance(a, outputsConvolution(model, values, length))).toBeLessThan(1e-9);
			}),
			{ numRuns: 150, seed: 7 },
		);
		expect(shapes.size).toBe(12);
	});
	it("agree with norms over the heads of a step, and with every activation and gate", () => {
		const kinds = new Set<string>();
		for (let seed = 0; seed < 200; seed++) {
			const model = randomStepNorms(seed);
			const { placement, norm, activation, channel } = model.blocks[0]!;
			kinds.add(`${placement} ${norm.kind}`).add(nameOfActivation(activation)).add(channel.gateTable);
			const values = Float64Array.from({ length: 20 * model.channels }, (_, i) => 3 * Math.sin(seed + i * i));
			const a = outputsRecurrent(model, values, 20);
			expect(distance(a, outputsConvolution(model, values, 20)), `seed ${seed}`).toBeLessThan(1e-9);
		}
		expect(kinds.size).toBe(6 + ACTIVATION_NAMES.length + GATE_TABLES.length);
	});
	it("forget one sequence before the next", () => {
		const model = randomModel(5);
		const forward = recurrent(model);
		const values = Float64Array.from({ length: 30 * model.channels }, (_, i) => Math.cos(i));
		const once = forward(values, 30);
		forward(values, 7);
		expect(forward(values, 30)).toEqual(once);
	});
});

describe("discretize", () => {
	it("is the zero-order hold: the continuous system under a constant input, integrated finely", () => {
		const model = randomModel(11);
		const { H } = model;
		const { mixer } = model.blocks[0]!;
		const { N } = mixer;
		const system = discretize(mixer, H);
		// One step from rest with z = 1: y - D = Re(Cbar). The same by integrating x' = A x + 1 over dt.
		for (let i = 0; i < Math.min(4, H * N); i++) {
			const dt = Math.exp(mixer.logDt[Math.floor(i / N)]!);
			const [re, im] = [-Math.exp(mixer.logAReal[i]!), mixer.AImag[i]!];
			let [x, y] = [0, 0];
			const steps = 200_000;
			const h = dt / steps;
			for (let k = 0; k < steps; k++) {
				// Midpoint rule.
				const mx = x + (h / 2) * (re * x - im * y + 1);
				const my = y + (h / 2) * (re * y + im * x);
				[x, y] = [x + h * (re * mx - im * my + 1), y + h * (re * my + im * mx)];
			}
			expect(system.CbarRe[i]).toBeCloseTo(2 * (mixer.CReal[i]! * x - mixer.CImag[i]! * y), 7);
			expect(Math.hypot(system.AbarRe[i]!, system.AbarIm[i]!)).toBeLessThan(1);
		}
	});
});

describe("activations", () => {
	it("have the values of the standard normal distribution and its two approximations", () => {
		// x Phi(x) from tables of the normal distribution to 9 digits.
		const known = [
			[-3, -0.004049694],
			[-1, -0.158655254],
			[-0.5, -0.15426877],
			[0, 0],
			[0.5, 0.34573123],
			[1, 0.841344746],
			[2, 1.954499736],
			[9, 9],
		] as const;
		for (const [x, value] of known) {
			expect(FUNCTIONS.gelu(x)).toBeCloseTo(value, 8);
			expect(Math.abs(FUNCTIONS.gelu_tanh(x) - value)).toBeLessThan(5e-4);
			expect(Math.abs(FUNCTIONS.gelu_sigmoid(x) - value)).toBeLessThan(2.1e-2);
		}
		expect(FUNCTIONS.gelu_tanh(1)).toBeCloseTo(0.841192, 6);
		expect(FUNCTIONS.gelu_sigmoid(1)).toBeCloseTo(0.845796, 6);
	});
});

describe("forwardTrace", () => {
	it("shows every block of every step, and values that fit together", () => {
		const model = placed(randomModel(23), "before");
		const { H, channels, blocks } = model;
		const length = 9;
		const values = Float64Array.from({ length: length * channels }, (_, i) => Math.sin(i));
		let steps = 0;
		let ends = 0;
		let previous: Float64Array | undefined;
		const { activation } = blocks[0]!;
		const activate = floatActivationKind(activation).apply(activation);
		const logits = forwardTrace(model, values, length, {
			block(step) {
				expect(step.block).toBe(steps++ % blocks.length);
				if (previous) expect(step.x).toEqual(previous);
				for (let h = 0; h < H; h++) {
					const gate = 1 / (1 + Math.exp(-step.inner[H + h]!));
					expect(step.sum[h]).toBeCloseTo(step.x[h]! + step.inner[h]! * gate, 12);
					expect(step.g[h]).toBe(activate(step.y[h]!));
				}
				previous = Float64Array.from(step.sum);
			},
			end(x) {
				ends++;
				expect(x).toEqual(previous);
				previous = undefined;
			},
		});
		expect([steps, ends]).toEqual([length * blocks.length, length]);
		expect(logits).toEqual(outputsRecurrent(model, values, length));
	});
});
