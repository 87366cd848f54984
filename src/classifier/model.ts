// An open model as the classifier and the application need it: the blob in place, its shapes, labels and input scaling.
// Only the kernel reads the weights.
import { type Container, readContainer, readInput, readLabels, toSample } from "../blob/container";
import { type HeadHeader, readHeadHeader } from "../blob/head";
import { LIMITS } from "../network/limits";
import type { InputChannel } from "../network/network";

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

export interface Model {
	/** Exactly the blob, in memory that does not move: mapped flash. */
	blob: Uint8Array;
	container: Container;
	channels: number;
	head: HeadHeader;
	/** Number of outputs. */
	outputs: number;
	labels: readonly string[];
	/** Length in steps of the model's sequences; 0: any. */
	steps: number;
	/** Maximum steps before a reset: 65,536 with mean pooling, else Infinity. */
	maxSteps: number;
	/** Sampling rate of the model in Hz; 0: unknown. */
	rate: number;
	input: readonly InputChannel[];
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
	const { head, outputs, pooling } = readHeadHeader(blob, container);
	return {
		blob: blob.subarray(0, container.length),
		container,
		channels: input.length,
		head,
		outputs,
		labels: readLabels(blob, container, outputs),
		steps: container.steps,
		maxSteps: pooling === "mean" ? LIMITS.meanSteps : Infinity,
		rate,
		input,
	};
}

/** Converts one sample's physical values (channels) to the kernel's integers, written to out[at], ... */
export function scaleSample(model: Model, values: ArrayLike<number>, out: Int16Array, at = 0): void {
	model.input.forEach((channel, c) => {
		out[at + c] = toSample(channel, values[c]!);
	});
}

/** Class probabilities by softmax. Floating point, for display only: no result depends on it. */
export function probabilities(model: Model, logits: Int32Array): number[] {
	const max = Math.max(...logits);
	const weights = Array.from(logits, (logit) => Math.exp((logit - max) / 2 ** model.head.fraction));
	const sum = weights.reduce((a, b) => a + b, 0);
	return weights.map((weight) => weight / sum);
}
