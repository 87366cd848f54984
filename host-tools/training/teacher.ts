// Knowledge distillation: a network whose logits training approximates. The loss itself is in native/kinds/loss_classes.c.

import type { Dataset } from "../datasets/dataset";
import type { FloatModel } from "../float/model";
import type { NativeTrainer } from "./native";
import { checkModel, openNative } from "./open-native";

export class Teacher {
	readonly #native: NativeTrainer;
	/** Logits are cached per data set; those of augmented data last one epoch. */
	readonly #known = new WeakMap<Dataset, Float32Array>();

	/** @param batch sequences at a time @throws UserError when the model does not fit the data */
	constructor(model: FloatModel, data: Dataset, batch: number, threads: number) {
		checkModel(model, data);
		this.#native = openNative(model, data.T, batch, threads);
	}

	close(): void {
		this.#native.close();
	}

	/** Stops the current call. */
	cancel(): void {
		this.#native.cancel();
	}

	/** Sequences done in the current call. */
	get done(): number {
		return this.#native.progress().samples;
	}

	/** Outputs (count, outputs) of the data; cached per data set. undefined when cancelled. */
	async outputs(data: Dataset): Promise<Float32Array | undefined> {
		const known = this.#known.get(data);
		if (known) return known;
		const { outcome, outputs } = await this.#native.evaluate(data);
		if (outcome !== "done") return undefined;
		this.#known.set(data, outputs);
		return outputs;
	}
}
