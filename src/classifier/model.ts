// An open model as the classifier and the application need it: the blob in place, its shapes, labels and input scaling.
// Only the kernel reads the weights.
import { type Container, readContainer, readInput, readLabels, readOutputs } from "../blob/container";
import { readDetector } from "../blob/detector";
import { type HeadHeader, readHeadHeader } from "../blob/head";
import { readStream } from "../blob/stream";
import type { Detector } from "../network/detector";
import type { OutputScaling } from "../network/kind";
import { LIMITS } from "../network/limits";
import type { InputChannel } from "../network/network";
import type { Reporting } from "../network/stream";

/** The native kernel's class, as the module "edge-ssm/kernel" exports it. */
export interface KernelClass {
	new (blob: Uint8Array): Kernel;
	/** Arena bytes a blob needs; throws when the kernel refuses the blob. */
	arenaSize(blob: Uint8Array): number;
}

/** An open kernel; errors carry the kernel's names, such as ESSM_E_CRC. Offsets count from the start of the view given. */
export interface Kernel {
	readonly channels: number;
	/** Number of outputs. */
	readonly outputCount: number;
	readonly heads: number;
	readonly blocks: number;
	readonly arenaBytes: number;
	readonly stateSize: number;
	/** Feeds `count` samples of `channels` int16 values, little-endian, from `byteOffset` on. */
	write(samples: ArrayBuffer | Uint8Array, byteOffset?: number, count?: number): void;
	/** Writes `outputCount` int32 values. */
	outputs(buffer: ArrayBuffer): void;
	reset(): void;
	saveState(buffer: Uint8Array): void;
	restoreState(buffer: Uint8Array): void;
	close(): void;
}

/** What a stream needs of a model. */
export interface StreamModel {
	/** Exactly the blob, in memory that does not move: mapped flash. */
	blob: Uint8Array;
	channels: number;
	/** Number of outputs, and whether every step has them. */
	outputs: number;
	perStep: boolean;
	/** What outputs mean; undefined: nothing but their order, as of classes. */
	scaling: readonly OutputScaling[] | undefined;
	/** How results of a stream become reports; undefined: each is one. */
	stream: Reporting | undefined;
	/** How forecasts tell what is not normal; undefined: nothing does. */
	detector: Detector | undefined;
	/** Outputs are the channels this many steps later; 0: something else. */
	ahead: number;
	labels: readonly string[];
	/** Length in steps of the model's sequences; 0: any. */
	steps: number;
	/** Maximum steps before a reset: 65,536 with mean pooling, else Infinity. */
	maxSteps: number;
	/** Sampling rate of the model in Hz; 0: unknown. */
	rate: number;
	input: readonly InputChannel[];
}

export interface Model extends StreamModel {
	container: Container;
	head: HeadHeader;
}

/**
 * Reads everything but the weights.
 * @param blob may have trailing bytes
 * @param options.checked the kernel has accepted these bytes: skip the CRC-32
 * @throws BlobError, whose message starts with the kernel's error name
 */
export function openModel(blob: Uint8Array, options: { checked?: boolean } = {}): Model {
	const container = readContainer(blob, options);
	const { rate, input } = readInput(blob, container);
	const { head, outputs, pooling, perStep, scaled } = readHeadHeader(blob, container);
	const ahead = head.kind === "values" ? head.ahead : 0;
	return {
		blob: blob.subarray(0, container.length),
		container,
		channels: input.length,
		head,
		outputs,
		perStep,
		stream: readStream(blob, container, { outputs, scaled, mean: pooling === "mean" }),
		detector: readDetector(blob, container, { channels: input.length, outputs, perStep, ahead }),
		ahead,
		scaling: readOutputs(blob, container, outputs, scaled),
		labels: readLabels(blob, container, outputs),
		steps: container.steps,
		maxSteps: pooling === "mean" ? LIMITS.meanSteps : Infinity,
		rate,
		input,
	};
}

/** A result for people: probabilities of classes by softmax, or values. Floating point, for display only: no result depends on it. */
export function shown({ head, scaling }: Pick<Model, "head" | "scaling">, outputs: Int32Array): number[] {
	if (head.kind === "values")
		return Array.from(outputs, (value, k) => value * scaling![k]!.scale + scaling![k]!.offset);
	const max = Math.max(...outputs);
	const weights = Array.from(outputs, (logit) => Math.exp((logit - max) / 2 ** head.fraction));
	const sum = weights.reduce((a, b) => a + b, 0);
	return weights.map((weight) => weight / sum);
}
