// edge-ssm/classifier: what an application of the Moddable SDK includes to classify. The model comes from a partition by its name, or
// from a buffer in flash, such as a resource.
import Kernel from "edge-ssm/kernel";
import openPartition from "edge-ssm/partition";
import { type ClassifierOptions, Classifier as Stream } from "../../../src/classifier/classifier";
import { type Model, openModel, scaleSample } from "../../../src/classifier/model";
import { MAGIC as SLOT_MAGIC } from "../../../src/store/slot";

export interface Options extends Omit<ClassifierOptions, "model" | "kernel"> {
	/** The label of a partition; or bytes in flash, such as `new Resource("gesture.essm")`: they are read in place. */
	model: string | ArrayBufferLike | Uint8Array;
}

function bytesOf(model: unknown): Uint8Array {
	if (typeof model === "string") {
		const { buffer, blockSize } = openPartition(model);
		// "edge-ssm flash" writes slots: a sector before the blob
		const isSlot = new DataView(buffer).getUint32(0, true) === SLOT_MAGIC;
		return new Uint8Array(buffer, isSlot ? blockSize : 0);
	}
	if (model instanceof Uint8Array) return model;
	if (typeof model === "object" && model !== null) return new Uint8Array(model as ArrayBuffer);
	throw new TypeError("model required");
}

export default class Classifier extends Stream {
	/** Labels, channels, sampling rate. */
	readonly model: Model;

	/** @throws Error with one sentence when there is no such partition, or no model that can run; TypeError, RangeError for options */
	constructor(options: Options) {
		const model = openModel(bytesOf(options?.model));
		super({ ...options, model, kernel: Kernel });
		this.model = model;
	}

	/** One sample: physical values, one per channel, in the units of the model. */
	writeValues(values: ArrayLike<number>): void {
		const { model } = this;
		if (values.length !== model.channels)
			throw new RangeError(`the model has ${model.channels} channels, not ${values.length}`);
		const sample = new Int16Array(model.channels);
		scaleSample(model, values, sample);
		this.write(sample.buffer);
	}
}
