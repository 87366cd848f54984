// One evaluation: a model, a data set, a target, and what came out, with the time it took. What is printed of it is the
// command's business.
import { LIMITS } from "../../src/network/limits";
import { headKind } from "../../src/network/network";
import { type Dataset, sequence } from "../datasets/dataset";
import { argmax, checkFit } from "../float/evaluate";
import { floatMacs, sizesOf } from "../float/model";
import { toSamples } from "../quantization/network";
import { UserError } from "../terminal/errors";
import { buildFirmware, loadBlob, SIMULATED, type SimulatedTarget, withDevice, withFlash } from "./device";
import { type Metrics, measure } from "./metrics";
import type { BlobModel, CheckpointModel } from "./model-file";
import { macsPerStep } from "./operations";
import { type PredictOptions, predict } from "./predict";

/** What can run a model: float in TypeScript, the integer reference, the C kernel, the firmware on XS. */
export const TARGETS = ["float", "reference", "kernel", ...SIMULATED] as const;
export type Target = (typeof TARGETS)[number];

export interface Evaluation extends Metrics {
	target: Target;
	labels: string[];
	/** Steps of all sequences together. */
	steps: number;
	/** Seconds that classifying took, loading and building apart. */
	seconds: number;
	/** Multiply-accumulates of one step. */
	macsPerStep: number;
}

/** The target that a model is evaluated on unless it is said. */
export function defaultTarget(model: BlobModel | CheckpointModel): Target {
	return model.kind === "blob" ? "kernel" : "float";
}

/** A UserError when sequences are longer than the model can take. */
export function checkLengths(model: BlobModel, dataset: Dataset): void {
	if (headKind(model.network.head).pooling(model.network.head) === "mean" && dataset.T > LIMITS.meanSteps)
		throw new UserError(
			`The data set ${dataset.name} has sequences of ${dataset.T} steps; a network with mean pooling takes at most ${LIMITS.meanSteps}.`,
		);
}

async function predictOnFirmware(
	target: SimulatedTarget,
	{ bytes, network }: BlobModel,
	dataset: Dataset,
	onProgress?: (done: number) => void,
): Promise<{ predictions: Uint16Array; seconds: number }> {
	const firmware = await buildFirmware(target);
	return withFlash((flashFile) =>
		withDevice(firmware, flashFile, async (device) => {
			await loadBlob(device, bytes);
			const predictions = new Uint16Array(dataset.count);
			const start = performance.now();
			for (let row = 0; row < dataset.count; row++) {
				const samples = toSamples(network.input, sequence(dataset, row));
				predictions[row] = argmax(await device.client.infer(samples, network.input.length));
				onProgress?.(row + 1);
			}
			return { predictions, seconds: (performance.now() - start) / 1000 };
		}),
	);
}

/** What an evaluation tells of a model, integer or float. */
function figures(model: BlobModel | CheckpointModel) {
	if (model.kind === "checkpoint") {
		const { channels, outputs } = sizesOf(model.model);
		return { channels, outputs, labels: model.model.labels, macs: floatMacs(model.model) };
	}
	const { network } = model;
	return {
		channels: network.input.length,
		outputs: headKind(network.head).outputs(network.head),
		labels: network.labels,
		macs: macsPerStep(network),
	};
}

/**
 * Classifies every row of `dataset` on `target`.
 * @throws UserError when target, model and data do not go together
 */
export async function evaluate(
	model: BlobModel | CheckpointModel,
	dataset: Dataset,
	target: Target,
	options: PredictOptions = {},
): Promise<Evaluation> {
	const { channels, outputs, labels, macs } = figures(model);
	checkFit({ channels, outputs }, dataset);
	const evaluation = (predictions: Uint16Array, seconds: number): Evaluation => ({
		...measure(dataset.targets.of, predictions, outputs),
		target,
		labels,
		steps: dataset.lengths.reduce((a, b) => a + b, 0),
		seconds,
		macsPerStep: macs,
	});

	if (model.kind === "checkpoint") {
		if (target !== "float")
			throw new UserError(
				`A float checkpoint cannot run on ${target}; make a blob of it with "edge-ssm quantize" first.`,
			);
	} else {
		checkLengths(model, dataset);
		if (target === "float")
			throw new UserError("A blob holds integers only; evaluate its checkpoint to see the float network.");
		if (target === "host" || target === "rv32") {
			const { predictions, seconds } = await predictOnFirmware(target, model, dataset, options.onProgress);
			return evaluation(predictions, seconds);
		}
	}
	const start = performance.now();
	const predictions = await predict(
		model.kind === "blob"
			? { target: target as "reference" | "kernel", blob: model.bytes }
			: { target: "float", model: model.model },
		dataset,
		options,
	);
	return evaluation(predictions, (performance.now() - start) / 1000);
}
