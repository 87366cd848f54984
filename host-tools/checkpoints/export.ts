// Writes a FloatModel as a safetensors checkpoint whose metadata state everything, so that nothing is assumed when it is read.
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../terminal/errors";
import type { FloatModel } from "./model";
import { writeSafetensors } from "./safetensors";

/** The bytes of a checkpoint that `parseCheckpoint` (import.ts) reads as the same model, to float32. */
export function formatCheckpoint(model: FloatModel): Uint8Array {
	const { H, N, channels, classes } = model;
	const tensors: [string, { shape: number[]; values: Float64Array }][] = [];
	const put = (name: string, values: Float64Array, ...shape: number[]) =>
		tensors.push([name, { shape, values }]);
	put("encoder.weight", model.encoderWeight, H, channels);
	put("encoder.bias", model.encoderBias, H);
	model.layers.forEach((layer, l) => {
		const kernel = `s4_layers.${l}.kernel.`;
		const C = new Float64Array(2 * H * N);
		for (let i = 0; i < H * N; i++) {
			C[2 * i] = layer.CReal[i]!;
			C[2 * i + 1] = layer.CImag[i]!;
		}
		put(`${kernel}log_dt`, layer.logDt, H);
		put(`${kernel}log_A_real`, layer.logAReal, H, N);
		put(`${kernel}A_imag`, layer.AImag, H, N);
		put(`${kernel}C`, C, H, N, 2);
		put(`s4_layers.${l}.D`, layer.D, H);
		put(`s4_layers.${l}.output_linear.0.weight`, layer.outputWeight, 2 * H, H, 1);
		put(`s4_layers.${l}.output_linear.0.bias`, layer.outputBias, 2 * H);
		if (!layer.norm) return;
		put(`norms.${l}.weight`, layer.norm.weight, H);
		put(`norms.${l}.bias`, layer.norm.bias, H);
		put(`norms.${l}.running_mean`, layer.norm.mean, H);
		put(`norms.${l}.running_var`, layer.norm.variance, H);
	});
	put("decoder.weight", model.decoderWeight, classes, H);
	put("decoder.bias", model.decoderBias, classes);
	// What the model says goes before what the file it came from said, under one name each.
	const { prenorm: _, norm_eps: __, ...kept } = model.metadata;
	return writeSafetensors(tensors, {
		...kept,
		activation: model.activation,
		pooling: model.pooling,
		norm_placement: model.normPlacement,
		discretization: "zoh",
		input_mean: JSON.stringify([...model.inputMean]),
		input_std: JSON.stringify([...model.inputStd]),
		labels: JSON.stringify(model.labels),
		eps: String(model.layers.find((layer) => layer.norm)?.norm?.eps ?? 1e-5),
	});
}

/** Writes the model to `path` under a temporary name first, so that no half file is ever there. */
export function exportCheckpoint(model: FloatModel, path: string): void {
	const bytes = formatCheckpoint(model);
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		writeFileSync(temporary, bytes);
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw new UserError(`The checkpoint ${path} could not be written: ${(error as Error).message}.`);
	}
}
