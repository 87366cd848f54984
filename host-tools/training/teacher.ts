// Another network whose answers training comes near to. The loss itself is native/loss.c.

import type { Dataset } from "../datasets/dataset";
import type { FloatModel } from "../float/model";
import type { NativeTrainer } from "./native";
import { checkModel, openNative } from "./open-native";

export class Teacher {
	readonly #native: NativeTrainer;
	/** Answers go with the data: those that were changed by chance are gone with their epoch. */
	readonly #known = new WeakMap<Dataset, Float32Array>();

	/** @param batch sequences at a time @throws UserError when the model does not fit the data */
	constructor(model: FloatModel, data: Dataset, batch: number, threads: number) {
		checkModel(model, data);
		this.#native = openNative(model, data.T, batch, threads);
	}

	close(): void {
		this.#native.close();
	}

	/** Ends the running call. */
	cancel(): void {
		this.#native.cancel();
	}

	/** Sequences that the running call is through with. */
	get done(): number {
		return this.#native.progress().samples;
	}

	/** Outputs (count, outputs) of the data; computed once as long as the data are the same. undefined when cancelled. */
	async outputs(data: Dataset): Promise<Float32Array | undefined> {
		const known = this.#known.get(data);
		if (known) return known;
		const { outcome, outputs } = await this.#native.evaluate(data);
		if (outcome !== "done") return undefined;
		this.#known.set(data, outputs);
		return outputs;
	}
}
