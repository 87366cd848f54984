// What the native trainer sees of a float network, against what is seen row by row in double precision.
import { describe, expect, test } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import type { FloatModel } from "../../host-tools/float/model";
import { type calibrate, observe } from "../../host-tools/quantization/calibrate";
import { chooseRanges, ROW_BY_ROW } from "../../host-tools/quantization/choose-ranges";
import { DITHER_SEED, quantize } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import type { Architecture } from "../../host-tools/training/architecture";
import { initialize } from "../../host-tools/training/initialize";
import { observeOnVectors } from "../../host-tools/training/look";
import { vectorEngine } from "../../host-tools/training/vector-engine";

function noise(channels: number, count: number, T: number, classes: number): Dataset {
	const random = new Random(3);
	return {
		name: "noise",
		split: "train",
		channels,
		T,
		count,
		values: Float32Array.from({ length: count * T * channels }, () => random.bell()),
		targets: {
			kind: "classes",
			names: Array.from({ length: classes }, (_, i) => `${i}`),
			of: Uint8Array.from({ length: count }, () => random.below(classes)),
		},
		lengths: Uint32Array.from({ length: count }, (_, i) => (i % 5 ? T : 1 + random.below(T))),
	};
}

const base = {
	...{ heads: 37, modes: 7, layers: 2, activation: "gelu", gate: "sigmoid", pooling: "mean" },
	...{ norm: "before", init: "lin", dtMin: 0.01, dtMax: 0.2 },
} as const;

const cases: [string, Partial<Architecture>][] = [
	["BatchNorm before", {}],
	["LayerNorm after, last step", { norm: "after", normKind: "layer", pooling: "last" }],
	["RMSNorm before, ReLU", { normKind: "rms", activation: "relu" }],
	[
		"S5, half GLU of y",
		{ mixer: "s5", channel: "half_glu2", init: "hippo", modes: 40 } as Partial<Architecture>,
	],
	["S5, ungated", { mixer: "s5", channel: "ungated", init: "hippo", modes: 40 } as Partial<Architecture>],
];

/** Within `part` of the greatest of a list. */
function near(found: ArrayLike<number>, expected: ArrayLike<number>, part: number, what: string) {
	expect(found.length, what).toBe(expected.length);
	let [most, error] = [0, 0];
	for (let i = 0; i < expected.length; i++) {
		most = Math.max(most, Math.abs(expected[i]!));
		const off = Math.abs(found[i]! - expected[i]!);
		error = off <= error ? error : off; // not a number is an error
	}
	expect(error, what).toBeLessThanOrEqual(part * most);
}

describe.each(cases)("%s", (_, changes) => {
	const model: FloatModel = initialize(
		{ ...base, ...changes } as Architecture,
		{ channels: 2 },
		{ head: "classes", labels: ["0", "1", "2"], perStep: false },
		5,
	);
	const data = noise(2, 100, 500, 3);

	test("ranges, moments, drives, pooled and outputs", () => {
		const expected = observe(model, data);
		const seen = observeOnVectors(model, data, 2)!;
		near(
			seen.outputs.flatMap((row) => [...row]),
			expected.outputs.flatMap((row) => [...row]),
			1e-4,
			"outputs",
		);
		for (const how of [{ method: "minmax" }, { method: "percentile", percentile: 99 }] as const) {
			const [a, b] = [seen.ranges(how), expected.ranges(how)];
			expect([a.count, a.accuracy]).toEqual([b.count, b.accuracy]);
			expect([a.inputMin, a.inputMax]).toEqual([b.inputMin, b.inputMax]);
			near([a.output], [b.output], 1e-4, "output");
			for (const [x, y] of [[a, b], ...a.layers.map((layer, l) => [layer, b.layers[l]!] as const)] as const) {
				near(x.residualMin, y.residualMin, 1e-4, "residualMin");
				near(x.residualMax, y.residualMax, 1e-4, "residualMax");
			}
			near(a.pooled!.mean, b.pooled!.mean, 1e-4, "pooled");
			near(a.pooled!.covariance, b.pooled!.covariance, 1e-3, "pooled covariance");
			for (const [l, layer] of a.layers.entries()) {
				const other = b.layers[l]!;
				near([layer.sum, layer.y], [other.sum, other.y], 0.07, "sum, y");
				near(layer.value, other.value, 1e-4, "value");
				near(layer.gMean, other.gMean, 1e-3, "gMean");
				near(layer.gMoments, other.gMoments, 1e-3, "gMoments");
				// A bin is an eighth of an octave wide at most; what lies at an edge may fall on either side.
				near([layer.gMin, layer.gMax], [other.gMin, other.gMax], 0.07, "g");
				near(layer.z, other.z, 0.07, "z");
				near(layer.state, other.state, 0.07, "state");
				expect(layer.drive!.length).toBe(other.drive!.length);
				for (const [i, drive] of layer.drive!.entries()) near(drive, other.drive![i]!, 1e-4, "drive");
			}
		}
	});
});

test("the chosen ranges lead to the same method, and to nearly the same integers", () => {
	const model = initialize(
		{ ...base } as Architecture,
		{ channels: 2 },
		{ head: "classes", labels: ["0", "1", "2"], perStep: false },
		5,
	);
	const data = noise(2, 120, 500, 3);
	const details = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };
	const precision = choosePrecision(floatShape(model), "w8a8x8");
	const make = (ranges: ReturnType<typeof calibrate>) => quantize(model, ranges, precision, details, true);
	const fast = chooseRanges(model, data, make, undefined, vectorEngine(2));
	const slow = chooseRanges(model, data, make, undefined, ROW_BY_ROW);
	expect(fast.how).toEqual(slow.how);
	expect(sequence(data, 0).length).toBeGreaterThan(0);
});
