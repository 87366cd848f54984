// An open model as the classifier and the application need it: the blob in place, its shapes, labels and input scaling.
// Not its weights, which only the kernel reads.
import { type Container, readContainer, readInput, readLabels } from "../blob/container";
import { type HeadHeader, readHeadHeader } from "../blob/head";
import { LIMITS } from "../network/limits";
import type { InputChannel } from "../network/network";

/** The native kernel's class, as the module "essm/kernel" exports it. */
export interface KernelClass {
	new (blob: Uint8Array): Kernel;
	/** Bytes of arena that a blob needs; throws when the blob is not one that the kernel runs. */
	arenaSize(blob: Uint8Array): number;
}

/** An open kernel; errors carry the kernel's names, such as ESSM_E_CRC. Offsets count from the start of the view given. */
export interface Kernel {
	readonly channels: number;
	/** Numbers in a result. */
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
	/** The blob and nothing behind it, in memory that does not move: mapped flash. */
	blob: Uint8Array;
	container: Container;
	channels: number;
	head: HeadHeader;
	/** Numbers in a result. */
	outputs: number;
	labels: readonly string[];
	/** Steps of the sequences that the model was made for; 0: any number. */
	steps: number;
	/** Steps that the kernel takes at most before a reset: 65,536 with mean pooling, else Infinity. */
	maxSteps: number;
	/** Samples a second that the model was made for; 0: unknown. */
	rate: number;
	input: readonly InputChannel[];
}

/**
 * Reads what stands around the weights.
 * @param blob may be longer than the blob in it
 * @param options.checked the kernel has accepted these bytes: their CRC-32 is not computed a second time
 * @throws BlobError, whose message begins with the kernel's error name
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

/** Physical values of one sample, `channels` of them, to the integers that the kernel takes. Written to out[at], ... */
export function scaleSample(model: Model, values: ArrayLike<number>, out: Int16Array, at = 0): void {
	model.input.forEach(({ scale, offset }, c) => {
		const sample = Math.round((values[c]! - offset) / scale);
		out[at + c] = Math.max(-32767, Math.min(32767, sample));
	});
}

/** Probabilities of the classes, by softmax. In floating point, so for showing only: nothing on the way to a result needs it. */
export function probabilities(model: Model, logits: Int32Array): number[] {
	const most = Math.max(...logits);
	const weights = Array.from(logits, (logit) => Math.exp((logit - most) / 2 ** model.head.fraction));
	const sum = weights.reduce((a, b) => a + b, 0);
	return weights.map((weight) => weight / sum);
}
