// What sensitivity and search begin with: a checkpoint, and training data in three parts that share no sequence - for
// calibration, for the many measurements on few sequences, and for validation. The test split is never opened.
import { checkFit } from "../checkpoints/evaluate-float";
import type { FloatModel } from "../checkpoints/model";
import { UserError } from "../cli/errors";
import { type Dataset, select } from "../datasets/dataset";
import { openDataset } from "../datasets/open";
import { calibrationRows, splitValidation } from "../datasets/split";
import { readModelFile } from "../evaluation/model-file";
import { calibrate, type RangeMethod, type Ranges } from "../quantization/calibrate";
import { chooseRanges } from "../quantization/choose-ranges";
import { quantize } from "../quantization/quantize";
import { precisionOf } from "./components";
import type { Shape } from "./cost";
import { BARE } from "./measure";

export interface SetupOptions {
	data: string;
	seed: number;
	/** Most sequences of each part; of small data sets validation takes a third at most, screening half of what remains. */
	calibrate: number;
	screen: number;
	validation: number;
	/** How ranges are read; absent: chosen at a precision such as searches end at. */
	how?: RangeMethod;
	/** Called with the number of sequences calibrated on. */
	onCalibrated?: (done: number) => void;
}

export interface Setup {
	model: FloatModel;
	shape: Shape;
	/** The training split without validation. */
	training: Dataset;
	/** Rows of each part. */
	calibration: Dataset;
	screen: Dataset;
	validation: Dataset;
	ranges: Ranges;
	/** How they were read. */
	how: RangeMethod;
}

/** What the way of reading ranges is chosen for. */
const TRIAL = "A=4+8,x=8d,B=4,C=4,W=4";

/** @throws UserError when checkpoint and data cannot be used together */
export async function setUp(checkpoint: string, options: SetupOptions): Promise<Setup> {
	const read = readModelFile(checkpoint);
	if (read.kind === "blob")
		throw new UserError(
			`${checkpoint} is a blob of integers already; give the float checkpoint it was made of.`,
		);
	const { model } = read;
	const all = await openDataset(options.data, "train");
	checkFit(model, all);
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
	const { H, N, L, channels, classes, pooling } = model;
	const { ranges, how } = options.how
		? { ranges: calibrate(model, calibration, options.how, options.onCalibrated), how: options.how }
		: chooseRanges(
				model,
				calibration,
				(trial) => quantize(model, trial, precisionOf(L, TRIAL), BARE, true),
				options.onCalibrated,
			);
	return {
		model,
		shape: { H, N, L, channels, classes, pooling },
		training: train,
		calibration,
		screen: select(train, order.slice(calibrationCount)),
		validation,
		ranges,
		how,
	};
}
