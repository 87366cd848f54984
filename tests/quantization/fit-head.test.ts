// The head fitted to the integers before it: on sequences that it was not fitted on, outputs must be nearer to the float network's.
import { expect, test } from "vitest";
import { type Dataset, select, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { calibrationRows } from "../../host-tools/datasets/split";
import { readFloatFile } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { recurrent } from "../../host-tools/float/forward";
import type { FloatModel } from "../../host-tools/float/model";
import { ROW_BY_ROW } from "../../host-tools/quantization/choose-ranges";
import { fitHead } from "../../host-tools/quantization/fit-head";
import { DITHER_SEED, quantize } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";

const { model: motion } = readFloatFile(projectPath("models/motion.safetensors"));
const data = await openDataset("motion", "train", {});
const order = calibrationRows(data, 192);
const [rows, others] = [select(data, order.slice(0, 128)), select(data, order.slice(128))];
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };

const floatOutputs = (model: FloatModel, of: Dataset) => {
	const forward = recurrent(model);
	return Array.from({ length: of.count }, (_, i) => forward(sequence(of, i), of.lengths[i]!));
};

/** Mean squared difference of logits, each row's mean taken off: only differences between classes decide. */
function distance(model: FloatModel, network: ReturnType<typeof quantize>, of: Dataset): number {
	const wanted = floatOutputs(model, of);
	const unit = 2 ** -(network.head as { fraction: number }).fraction;
	const found = ROW_BY_ROW.outputs(network, of);
	let sum = 0;
	for (const [i, logits] of wanted.entries()) {
		const errors = Array.from(logits, (logit, k) => found[i]![k]! * unit - logit);
		const mean = errors.reduce((a, b) => a + b) / errors.length;
		for (const error of errors) sum += (error - mean) ** 2 / of.count;
	}
	return sum;
}

/** The float network, rounded, with its head fitted and not; and the fitted head. */
function both(model: FloatModel, preset: string, of: Dataset) {
	const precision = choosePrecision(floatShape(model), preset);
	const observed = ROW_BY_ROW.observe(model, of);
	const ranges = observed.ranges({ method: "percentile", percentile: 99.9 });
	const fitted = fitHead(model, ranges, precision, of, observed.outputs, ROW_BY_ROW);
	const [plain, better] = [model, fitted].map((one) => quantize(one, ranges, precision, DETAILS, true));
	return { plain: plain!, better: better!, fitted };
}

test.each(["w8x16", "w8a8x8", "w4a6x8"])(
	"at %s other sequences come nearer to the float network",
	(preset) => {
		const { plain, better } = both(motion, preset, rows);
		expect(distance(motion, better, others)).toBeLessThan(0.95 * distance(motion, plain, others));
	},
	60_000,
);

test("where noise is all there is to fit, others do not get farther", () => {
	// The last step of a network that was trained for the mean: each row's outputs are off by chance. Fitted without leaving rows
	// out, others came a fifth farther.
	const noisy: FloatModel = { ...motion, head: { ...motion.head, pooling: "last" } as FloatModel["head"] };
	const { plain, better } = both(noisy, "w4a6x8", rows);
	expect(distance(noisy, better, others)).toBeLessThan(1.1 * distance(noisy, plain, others));
}, 60_000);

test("too few rows to leave some out change nothing", () => {
	expect(both(motion, "w4a6x8", select(data, order.slice(0, 7))).fitted).toBe(motion);
}, 60_000);

test("outputs that lack the same in every row get it as biases", () => {
	const precision = choosePrecision(floatShape(motion), "w8x16");
	const observed = ROW_BY_ROW.observe(motion, rows);
	const ranges = observed.ranges({ method: "minmax" });
	const wanted = (by: number) => observed.outputs.map((output) => output.map((v, k) => (k ? v : v + by)));
	const [one, two] = [1000, 2000].map(
		(by) => fitHead(motion, ranges, precision, rows, wanted(by), ROW_BY_ROW).head.bias,
	);
	const { length } = motion.head.bias;
	// Without what is common to all outputs, which decides nothing.
	for (let k = 0; k < length; k++)
		expect(two![k]! - one![k]!).toBeCloseTo(1000 * ((k ? 0 : 1) - 1 / length), 3);
}, 60_000);

test("heads of values stay as they are", () => {
	const { model } = readFloatFile(projectPath("models/mackey-glass.safetensors"));
	expect(model.head.kind).toBe("values");
	const none = {} as never;
	const precision = choosePrecision(floatShape(model), "w8x16");
	expect(fitHead(model, none, precision, rows, [], ROW_BY_ROW)).toBe(model);
});
