// A runnable blob: single sequences, or a stream with results as on a device.

import { Classifier, type ClassifierOptions } from "../../src/classifier/classifier";
import { openModel as readModel } from "../../src/classifier/model";
import type { InputChannel, Network } from "../../src/network/network";
import { realOutputs, runSequence } from "../../src/network/run";
import { parseBlob, readBlobFile } from "../evaluation/model-file";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";
import { UserError } from "../terminal/errors";
import { KernelOfDevice } from "./kernel";
import { checkOptions } from "./options";

/** Window, hop, smoothing, threshold, and the receiver of results (firmware's classifier, docs/API.md). */
export type StreamOptions = Omit<ClassifierOptions, "model" | "kernel">;

const nameOf = ({ name }: InputChannel, channel: number) => name || `channel ${channel}`;

export class Model {
	/** The blob's bytes. */
	readonly blob: Uint8Array;
	/** The blob's content. */
	readonly network: Network;
	readonly #kernel: Kernel;

	/** @throws KernelError for a blob that the kernel refuses */
	constructor(blob: Uint8Array, network: Network) {
		this.blob = blob;
		this.network = network;
		this.#kernel = new Kernel(blob);
	}

	get labels(): readonly string[] {
		return this.network.labels;
	}

	/** Channels of a sample: name, unit, and the scaling to integers. */
	get input(): readonly InputChannel[] {
		return this.network.input;
	}

	/** Samples per second; 0: not stated. */
	get rate(): number {
		return this.network.rate;
	}

	/** RAM that the kernel needs on a device, in bytes. */
	get arenaBytes(): number {
		return this.#kernel.arenaBytes;
	}

	/**
	 * Outputs for one sequence, from its start, as real numbers: logits of a classifier; values, at each step if the network
	 * has them at every step.
	 * @param values (steps, channels) physical values, in the units of `input`
	 */
	run(values: ArrayLike<number>): Float64Array {
		return realOutputs(this.network, runSequence(this.#kernel, this.network, this.samples(values)));
	}

	/**
	 * Physical values (steps, channels) as the kernel's integers. What is beyond a channel's range is clamped, as on a device.
	 * @throws UserError for incomplete steps, and values that are no numbers
	 */
	samples(values: ArrayLike<number>): Int16Array<ArrayBuffer> {
		const channels = this.input.length;
		if (values.length === 0 || values.length % channels !== 0)
			throw new UserError(
				`${values.length} values are no steps of ${channels} channels (${this.input.map(nameOf).join(", ")}); give ${channels} for each step.`,
			);
		for (let i = 0; i < values.length; i++)
			if (typeof values[i] !== "number" || Number.isNaN(values[i]))
				throw new UserError(
					`Step ${Math.floor(i / channels)} has ${values[i]} for ${nameOf(this.input[i % channels]!, i % channels)}, which is no number; leave such steps out, or fill them.`,
				);
		return toSamples(this.network.input, values);
	}

	/** Classifies a stream: write(samples) as they arrive, results through onResult. Devices run the same code. */
	stream(options: StreamOptions = {}): Classifier {
		checkOptions("stream", options);
		return new Classifier({ ...options, model: readModel(this.blob), kernel: KernelOfDevice });
	}
}

/** @param blob path or bytes @throws UserError, KernelError */
export function openModel(blob: string | Uint8Array): Model {
	const { bytes, network } = typeof blob === "string" ? readBlobFile(blob) : parseBlob(blob, "The blob");
	return new Model(bytes, network);
}
