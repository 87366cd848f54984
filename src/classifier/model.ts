// An open model as the classifier and the application need it: the blob in place, its shapes, labels and input scaling.
// Not its weights, which only the kernel reads.
import { HEADER } from "../model/blob-layout";
import { POOLINGS } from "../model/names";
import { LIMITS } from "../model/network";
import { type BlobHeader, readBlobHeader, readInputScaling, readLabels } from "../model/read-blob";

/** The native kernel's class, as the module "essm/kernel" exports it. */
export interface KernelClass {
	new (blob: Uint8Array): Kernel;
	/** Bytes of arena that a blob needs; throws when the blob is not one that the kernel runs. */
	arenaSize(blob: Uint8Array): number;
}

/** An open kernel; errors carry the kernel's names, such as ESSM_E_CRC. Offsets count from the start of the view given. */
export interface Kernel {
	readonly channels: number;
	readonly classes: number;
	readonly heads: number;
	readonly modes: number;
	readonly layers: number;
	readonly arenaBytes: number;
	readonly stateSize: number;
	/** Feeds `count` samples of `channels` int16 values, little-endian, from `byteOffset` on. */
	write(samples: ArrayBuffer | Uint8Array, byteOffset?: number, count?: number): void;
	/** Writes `classes` int32 values. */
	logits(buffer: ArrayBuffer): void;
	reset(): void;
	saveState(buffer: Uint8Array): void;
	restoreState(buffer: Uint8Array): void;
	close(): void;
}

export interface Model {
	/** The blob and nothing behind it, in memory that does not move: mapped flash. */
	blob: Uint8Array;
	header: BlobHeader;
	channels: number;
	classes: number;
	labels: readonly string[];
	/** Steps of the sequences that the model was made for; 0: any number. */
	steps: number;
	/** Steps that the kernel takes at most before a reset: 65,536 with mean pooling, else Infinity. */
	maxSteps: number;
	/** Samples a second that the model was made for; 0: unknown. */
	rate: number;
	/** A logit is an integer in units of 2^-logitFraction. */
	logitFraction: number;
	/** physical = sample * scale + offset, for each channel. */
	input: { scale: Float32Array; offset: Float32Array };
}

/**
 * Reads what stands around the weights.
 * @param blob may be longer than the blob in it
 * @param options.checked the kernel has accepted these bytes: their CRC-32 is not computed a second time
 * @throws BlobError, whose message begins with the kernel's error name
 */
export function openModel(blob: Uint8Array, options: { checked?: boolean } = {}): Model {
	const header = readBlobHeader(blob, options);
	const view = new DataView(blob.buffer, blob.byteOffset, header.length);
	return {
		blob: blob.subarray(0, header.length),
		header,
		channels: header.channels,
		classes: header.classes,
		labels: readLabels(blob, header),
		steps: view.getUint32(HEADER.steps, true),
		maxSteps: view.getUint8(HEADER.pooling) === POOLINGS.indexOf("mean") ? LIMITS.meanSteps : Infinity,
		rate: view.getFloat32(HEADER.rate, true),
		logitFraction: view.getUint8(HEADER.logitFraction),
		input: readInputScaling(blob, header),
	};
}

/** Physical values of one sample, `channels` of them, to the integers that the kernel takes. Written to out[at], ... */
export function scaleSample(model: Model, values: ArrayLike<number>, out: Int16Array, at = 0): void {
	const { scale, offset } = model.input;
	for (let c = 0; c < model.channels; c++) {
		const sample = Math.round((values[c]! - offset[c]!) / scale[c]!);
		out[at + c] = Math.max(-32767, Math.min(32767, sample));
	}
}

/** Probabilities of the classes, by softmax. In floating point, so for showing only: nothing on the way to a result needs it. */
export function probabilities(model: Model, logits: Int32Array): number[] {
	const most = Math.max(...logits);
	const weights = Array.from(logits, (logit) => Math.exp((logit - most) / 2 ** model.logitFraction));
	const sum = weights.reduce((a, b) => a + b, 0);
	return weights.map((weight) => weight / sum);
}
