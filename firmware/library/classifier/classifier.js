// edge-ssm/classifier: classifies a stream of samples (classifier-typings.d.ts). The stream is native
// (firmware/modules/essm-classifier.c); what calls back and opens partitions is here. For the Moddable SDK the build makes dist/moddable/classifier.js of this,
// with native() for every @.
import openPartition from "edge-ssm/partition";

class Classifier @ "xs_essm_classifier_destructor" {
	constructor(options) @ "xs_essm_classifier"
	take(samples, byteOffset, count) @ "xs_essm_classifier_take"
	read() @ "xs_essm_classifier_read"
	configure(settings) @ "xs_essm_classifier_configure"
	reset() @ "xs_essm_classifier_reset"
	saveState() @ "xs_essm_classifier_saveState"
	restoreState(state) @ "xs_essm_classifier_restoreState"
	close() @ "xs_essm_classifier_close"

	// called from C, where nothing may name a built-in: the SDK's linker strips those that no JavaScript names
	open(name) {
		// "edge-ssm flash" writes slots, a sector before the blob
		const { buffer, blockSize } = openPartition(name);
		return new Uint8Array(buffer, new DataView(buffer).getUint32(0, true) === 0x544c5345 ? blockSize : 0);
	}
	integers(buffer) {
		return new Int32Array(buffer);
	}
	refuse(message) {
		throw Object.defineProperty(new Error(message), "name", { value: "BlobError" });
	}

	write(samples, byteOffset, count) {
		try {
			for (let result = this.take(samples, byteOffset, count); result; result = this.take(samples, null))
				this.defer(this.onResult, result);
		} catch (error) {
			if (!this.onError || !error.message.includes("ESSM_E_")) throw error;
			this.defer(this.onError, error);
		}
	}

	writeValues(values) {
		const { input } = this.model;
		if (values.length !== input.length)
			throw new RangeError(`the model has ${input.length} channels, not ${values.length}`);
		this.write(
			Int16Array.from(values, (value, c) =>
				Math.max(-32767, Math.min(32767, Math.round((value - input[c].offset) / input[c].scale))),
			).buffer,
		);
	}

	// calls back once the current method has returned, unless the stream begins anew before
	defer(callback, value) {
		const { era } = this;
		const call = () => era === this.era && callback && callback.call(this, value);
		if (this.schedule) this.schedule(call);
		else Promise.resolve().then(call);
	}
}

export default Classifier;
