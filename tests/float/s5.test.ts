// S5 in floating point: two forms that agree, the zero-order hold against an integration, and the channel mixers of S5.
import { describe, expect, test } from "vitest";
import { formatCheckpoint } from "../../host-tools/checkpoints/export";
import { parseCheckpoint } from "../../host-tools/checkpoints/import";
import { outputsConvolution, outputsRecurrent } from "../../host-tools/float/forward";
import { floatChannelKind } from "../../host-tools/float/model";
import { discretizeS5 } from "../../host-tools/float/s5";
import { CHANNEL_KINDS, randomS5Model, s5Of } from "../support/float-s5";

const distance = (a: Float64Array, b: Float64Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe("the two forms", () => {
	test("agree on networks of any shape and channel mixer", () => {
		const kinds = new Set<string>();
		for (let seed = 0; seed < 100; seed++) {
			const model = randomS5Model(seed);
			kinds.add(model.blocks[0]!.channel.kind);
			const values = Float64Array.from({ length: 30 * model.channels }, (_, i) => 3 * Math.sin(seed + i * i));
			const a = outputsRecurrent(model, values, 30);
			expect(distance(a, outputsConvolution(model, values, 30)), `seed ${seed}`).toBeLessThan(1e-9);
		}
		expect(kinds.size).toBe(CHANNEL_KINDS.length);
	});
});

test("discretization is the zero-order hold: the continuous system under a constant input, integrated finely", () => {
	const model = randomS5Model(3, { H: 2, P: 3 });
	const mixer = s5Of(model.blocks[0]!);
	const { AbarRe, AbarIm, BbarRe, BbarIm, CbarRe } = discretizeS5(mixer, 2);
	for (let p = 0; p < 3; p++) {
		expect(Math.hypot(AbarRe[p]!, AbarIm[p]!)).toBeLessThan(1);
		const steps = 100_000;
		const dt = Math.exp(mixer.logStep[p]!) / steps;
		const [re, im] = [-Math.exp(mixer.lambdaLogRe[p]!), mixer.lambdaIm[p]!];
		const [bRe, bIm] = [mixer.BRe[2 * p + 1]!, mixer.BIm[2 * p + 1]!];
		let [x, y] = [0, 0];
		for (let k = 0; k < steps; k++) {
			// Midpoint rule, head 1 held at 1.
			const mx = x + (dt / 2) * (re * x - im * y + bRe);
			const my = y + (dt / 2) * (re * y + im * x + bIm);
			[x, y] = [x + dt * (re * mx - im * my + bRe), y + dt * (re * my + im * mx + bIm)];
		}
		expect(BbarRe[2 * p + 1]).toBeCloseTo(x, 7);
		expect(BbarIm[2 * p + 1]).toBeCloseTo(y, 7);
	}
	expect(CbarRe[4]).toBe(2 * mixer.CRe[4]!);
});

describe("channel mixers", () => {
	const H = 2;
	const [g, y] = [Float64Array.of(0.5, -0.1), Float64Array.of(0.8, -0.7)];
	const weight = Float64Array.of(1, 2, -3, 0.5);
	const bias = Float64Array.of(0.25, -0.5);
	const gates = [sigmoid(0.5 - 0.2 + 0.25), sigmoid(-1.5 - 0.05 - 0.5)];
	const run = (channel: Parameters<typeof floatChannelKind>[0]) => {
		const out = new Float64Array(H);
		const kind = floatChannelKind(channel);
		const inner = new Float64Array(kind.inner(channel, H));
		kind.apply(channel, H)(g, inner, out, y);
		return [...out];
	};
	test("a half GLU gates g or y, and ungated is g", () => {
		const half = { gateTable: "sigmoid", weight, bias } as const;
		expect(run({ kind: "half_glu1", ...half })).toEqual([g[0]! * gates[0]!, g[1]! * gates[1]!]);
		expect(run({ kind: "half_glu2", ...half })).toEqual([y[0]! * gates[0]!, y[1]! * gates[1]!]);
		expect(run({ kind: "ungated" })).toEqual([...g]);
	});
});

test("a checkpoint written is the same network when it is read", () => {
	for (let seed = 0; seed < 20; seed++) {
		const model = randomS5Model(seed);
		const { model: back } = parseCheckpoint(formatCheckpoint(model), "s5.safetensors");
		expect(back.blocks.map(({ channel }) => channel.kind)).toEqual(
			model.blocks.map(({ channel }) => channel.kind),
		);
		const values = Float64Array.from({ length: 20 * model.channels }, (_, i) => Math.sin(seed + i * i));
		const a = outputsRecurrent(model, values, 20);
		expect(distance(a, outputsRecurrent(back, values, 20)), `seed ${seed}`).toBeLessThan(1e-4);
	}
});
