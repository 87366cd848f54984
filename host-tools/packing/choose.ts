// Chooses the integers of a checkpoint: those it was trained with, unless others are requested.
import type { FloatModel } from "../float/model";
import type { RangeMethod } from "../quantization/calibrate";
import { choosePrecision, DEFAULT_PRESET } from "../quantization/precision";
import { floatShape } from "../quantization/shape";
import { parseQuantization } from "../quantization/trained";
import { type PackOptions, TRAINED_PRESET } from "./pack";

export interface Wish {
	/** Precision of every component, by name (PRESETS). */
	preset?: string;
	/** Widths that override the preset's, such as "A=4+12,x=8". */
	bits?: string;
	/** Ranges are clipped at this percentile; 100: the extremes. Absent: the best of several. */
	percentile?: number;
}

/** @throws UserError for an unknown preset or precision */
export function choosePacking(
	model: FloatModel,
	{ preset, bits, percentile }: Wish,
): Pick<PackOptions, "quantization" | "precision" | "preset" | "how"> {
	const trained = model.metadata.quantization;
	if (trained !== undefined && [preset, bits, percentile].every((wish) => wish === undefined)) {
		const quantization = parseQuantization(model, trained);
		return { quantization, precision: quantization.precision, preset: TRAINED_PRESET };
	}
	const chosen = preset ?? DEFAULT_PRESET;
	return {
		precision: choosePrecision(floatShape(model), chosen, bits),
		preset: chosen,
		...(percentile !== undefined && { how: rangeMethod(percentile) }),
	};
}

function rangeMethod(percentile: number): RangeMethod {
	return percentile === 100 ? { method: "minmax" } : { method: "percentile", percentile };
}
