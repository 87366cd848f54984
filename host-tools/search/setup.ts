// Common setup of sensitivity and search: a checkpoint, and training data in three disjoint parts: for calibration, for
// screening (many measurements on few sequences), and for validation. The test split is never opened.

import { type Dataset, select } from "../datasets/dataset";
import { calibrationRows, splitValidation } from "../datasets/split";
import { type FloatModel, outputsOf } from "../float/model";
import { calibrate, type RangeMethod, type Ranges } from "../quantization/calibrate";
import { chooseRanges } from "../quantization/choose-ranges";
import { quantize } from "../quantization/network";
import { highestPrecision } from "../quantization/precision";
import { floatShape, type Shape } from "../quantization/shape";
import { checkFit } from "../task/fit";
import { openForHead } from "../task/open";
import { UserError } from "../terminal/errors";
import { vectorEngine } from "../training/vector-engine";
import { mixerSearch } from "./kinds/kinds";
import { BARE, rangesFor, type StateRanges } from "./measure";

export interface SetupOptions {
	data: string;
	/** Sampling rate in Hz, if the data do not state it. */
	hz?: number | undefined;
	seed: number;
	/** Maximum sequences per part; of small data sets validation takes at most a third, screening half of the rest. */
	calibrate: number;
	screen: number;
	validation: number;
	/** Baseline network of the losses, such as the one before pruning; absent: the quantized one. */
	against?: FloatModel;
	/** How ranges are read; absent: no clipping, except for coarse states the best for 8 bits. */
	how?: RangeMethod;
	/** Called with the number of calibrated sequences. */
	onCalibrated?: (done: number) => void;
}

export interface SearchInput {
	/** Baseline of the losses. */
	float: FloatModel;
	/** The network to quantize. */
	model: FloatModel;
	shape: Shape;
	/** The training split without validation. */
	training: Dataset;
	/** Rows of each part. */
	calibration: Dataset;
	screen: Dataset;
	validation: Dataset;
	ranges: StateRanges;
}

/** @param model the network to quantize @throws UserError when network and data do not match */
export async function setUp(model: FloatModel, options: SetupOptions): Promise<SearchInput> {
	const float = options.against ?? model;
	const { normal } = model.metadata;
	const all = await openForHead(model.head, options.data, "train", { rate: options.hz, normal });
	for (const one of [model, float]) checkFit({ ...one, outputs: outputsOf(one) }, all);
	const validationCount = Math.min(options.validation, Math.floor(all.count / 3));
	const { train, validation } = splitValidation(all, validationCount / all.count, options.seed);
	const screenCount = Math.min(options.screen, Math.floor(train.count / 2));
	const calibrationCount = Math.min(options.calibrate, train.count - screenCount);
	if (Math.min(validation.count, screenCount, calibrationCount) < 1)
		throw new UserError(
			`The data set ${all.name} has ${all.count} training sequences; too few to keep some for validation.`,
		);
	const order = calibrationRows(train, calibrationCount + screenCount, options.seed);
	const calibration = select(train, order.slice(0, calibrationCount));
	const ranges = options.how
		? bothBy(calibrate(model, calibration, options.how, options.onCalibrated, vectorEngine().observe))
		: chosenRanges(model, calibration, options.onCalibrated);
	return {
		float,
		model,
		shape: floatShape(model),
		training: train,
		calibration,
		screen: select(train, order.slice(calibrationCount)),
		validation,
		ranges,
	};
}

const bothBy = (ranges: Ranges): StateRanges => ({ fine: ranges, coarse: ranges });

/** Ranges of `model` for any widths. Fine: no clipping. Coarse: what brings logits closest to the float network's with coarse states. */
export function chosenRanges(
	model: FloatModel,
	calibration: Dataset,
	onCalibrated?: (done: number) => void,
): StateRanges {
	const shape = floatShape(model);
	const coarse = new Set(shape.blocks.flatMap(({ mixer }) => mixerSearch(mixer).coarse ?? []));
	const precision = highestPrecision(shape, ...coarse);
	// The first attempt clips nothing.
	let fine: Ranges | undefined;
	const make = (coarse: Ranges) => {
		fine ??= coarse;
		return quantize(model, rangesFor({ fine, coarse }, precision), precision, BARE, true);
	};
	const { ranges } = chooseRanges(model, calibration, make, onCalibrated, vectorEngine());
	return { fine: fine!, coarse: ranges };
}
