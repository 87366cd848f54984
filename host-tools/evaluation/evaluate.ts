// One evaluation: a model, a data set, a target, and the results with their time. The command prints them.
import { LIMITS } from "../../src/network/limits";
import { macsPerStep } from "../../src/network/macs";
import { headKind, type Network } from "../../src/network/network";
import { realOutputs } from "../../src/network/run";
import { type Dataset, sequence } from "../datasets/dataset";
import { floatMacs, sizesOf } from "../float/model";
import { toSamples } from "../quantization/network";
import { checkFit, type Metrics, taskOf } from "../task/fit";
import type { Scorer } from "../task/task";
import { UserError } from "../terminal/errors";
import {
	buildFirmware,
	loadBlob,
	SIMULATED,
	type SimulatedDevice,
	type SimulatedTarget,
	withDevice,
	withFlash,
} from "./device";
import type { BlobModel, CheckpointModel } from "./model-file";
import { type ScoreOptions, scoreRows } from "./score-rows";

/** What can run a model: float in TypeScript, the integer reference, the C kernel, the firmware on XS. */
export const TARGETS = ["float", "reference", "kernel", ...SIMULATED] as const;
export type Target = (typeof TARGETS)[number];

export interface Evaluation {
	metrics: Metrics;
	count: number;
	target: Target;
	labels: string[];
	/** Total steps of all sequences. */
	steps: number;
	/** Seconds of running, excluding loading and building. */
	seconds: number;
	/** Sequences that also ran one by one on the target, when all ran on vectors; null: all ran one by one. */
	checked: number | null;
	/** Multiply-accumulates per step. */
	macsPerStep: number;
}

/** The default target of a model. */
export function defaultTarget(model: BlobModel | CheckpointModel): Target {
	return model.kind === "blob" ? "kernel" : "float";
}

/** Throws a UserError when sequences are longer than the model accepts. */
export function checkLengths(model: BlobModel, dataset: Dataset): void {
	if (headKind(model.network.head).pooling(model.network.head) === "mean" && dataset.T > LIMITS.meanSteps)
		throw new UserError(
			`The data set ${dataset.name} has sequences of ${dataset.T} steps; a network with mean pooling takes at most ${LIMITS.meanSteps}.`,
		);
}

/** As `runSequence` gives them, by the device's kernel. */
export function outputsOn(
	{ client }: Pick<SimulatedDevice, "client">,
	{ head, input }: Pick<Network, "head" | "input">,
	samples: Int16Array,
): Promise<Int32Array> {
	const kind = headKind(head);
	return kind.perStep(head)
		? client.inferSteps(samples, input.length, kind.outputs(head))
		: client.infer(samples, input.length);
}

async function runOnFirmware(
	target: SimulatedTarget,
	{ bytes, network }: BlobModel,
	dataset: Dataset,
	score: Scorer<Metrics>,
	onProgress?: (done: number) => void,
): Promise<number> {
	const firmware = await buildFirmware(target);
	return withFlash((flashFile) =>
		withDevice(firmware, flashFile, async (device) => {
			await loadBlob(device, bytes);
			const start = performance.now();
			for (let row = 0; row < dataset.count; row++) {
				const samples = toSamples(network.input, sequence(dataset, row));
				score.add(row, realOutputs(network, await outputsOn(device, network, samples)));
				onProgress?.(row + 1);
			}
			return (performance.now() - start) / 1000;
		}),
	);
}

/** The notes on a model, integer or float. */
function figures(model: BlobModel | CheckpointModel) {
	if (model.kind === "checkpoint") {
		const { channels, outputs } = sizesOf(model.model);
		return {
			channels,
			outputs,
			encoder: model.model.encoder,
			head: model.model.head,
			labels: model.model.labels,
			macs: floatMacs(model.model),
		};
	}
	const { network } = model;
	return {
		channels: network.input.length,
		outputs: headKind(network.head).outputs(network.head),
		encoder: network.encoder,
		head: network.head,
		labels: network.labels,
		macs: macsPerStep(network),
	};
}

/**
 * Runs every row of `dataset` on `target`.
 * @throws UserError when target, model and data do not match
 */
export async function evaluate(
	model: BlobModel | CheckpointModel,
	dataset: Dataset,
	target: Target,
	options: ScoreOptions = {},
): Promise<Evaluation> {
	const { channels, outputs, encoder, head, labels, macs } = figures(model);
	checkFit({ channels, outputs, encoder, head }, dataset);
	const score = taskOf(dataset).score(dataset.targets, outputs);
	const evaluation = (seconds: number, checked: number | null = null): Evaluation => ({
		checked,
		metrics: score.metrics(),
		count: dataset.count,
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
		if (target === "host" || target === "rv32")
			return evaluation(await runOnFirmware(target, model, dataset, score, options.onProgress));
	}
	const start = performance.now();
	const { checked } = await scoreRows(
		model.kind === "blob"
			? { target: target as "reference" | "kernel", blob: model.bytes }
			: { target: "float", model: model.model },
		dataset,
		score,
		{
			...options,
			...(model.kind === "blob" && { real: (outputs) => realOutputs(model.network, outputs) }),
		},
	);
	return evaluation((performance.now() - start) / 1000, checked ?? null);
}
