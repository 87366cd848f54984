// Files written by a run: the best checkpoint with the metadata to reproduce it, the log, the state to resume from.
import { appendFileSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { exportCheckpoint } from "../checkpoints/export";
import type { Dataset } from "../datasets/dataset";
import { unflatten } from "../float/flat";
import { type FloatModel, parameterCount } from "../float/model";
import { taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import type { Best, Untrained } from "./choice";
import { ARRAYS } from "./native";
import type { EpochReport } from "./run";
import type { TrainSettings } from "./settings";
import { type Setup, teacherName } from "./setup";
import { readState, writeState } from "./state";

/** Properties of the data that a resumed run must match. */
export function describe(dataset: Dataset) {
	const { name, split, count, T, channels, targets } = dataset;
	return { name, split, count, T, channels, ...taskOf(dataset).describe(targets) };
}

/** Position of a run. */
export interface Course {
	epochsDone: number;
	best: Best | null;
	/** null in floating point and without validation. */
	untrained: Untrained | null;
	history: EpochReport[];
}

/** The state file's content besides its arrays. */
interface Saved {
	settings: TrainSettings;
	data: ReturnType<typeof describe>;
	/** The teacher: its file's SHA-256, or the initial model; null: none. */
	teacher: string | null;
	epoch: number;
	best: Omit<Best, "flat">;
	untrained: Omit<Untrained, "losses"> | null;
	quantization: string | null;
	history: EpochReport[];
}

/** All arrays needed to resume; gradients are recomputed. */
const STATE_ARRAYS = ARRAYS.filter((name) => name !== "gradient");

/** Writes a file atomically; on failure, says what remains. */
function keepingOthers(write: () => void): void {
	try {
		write();
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		throw new UserError(
			`${error.message.replace(/\.$/, "")}; what earlier epochs wrote is intact: make room and continue with --resume.`,
		);
	}
}

/** Removes the temporary file a killed run left next to `path`. */
export function sweep(path: string): void {
	const [folder, name] = [dirname(path), basename(path)];
	for (const file of existsSync(folder) ? readdirSync(folder) : [])
		if (file.startsWith(name) && /^\.\d+\.tmp$/.test(file.slice(name.length))) rmSync(join(folder, file));
}

/** Writes the model of the best epoch; its metadata contain what is needed to repeat the run. */
export function bestModel(setup: Setup, best: Best): FloatModel {
	const { like, settings, batch, options } = setup;
	const model = unflatten(like, best.flat);
	model.metadata.training = JSON.stringify({ ...settings, batch });
	model.metadata.training_data = JSON.stringify(describe(options.data));
	Object.assign(model.metadata, options.record);
	model.metadata.epoch = String(best.epoch);
	model.metadata.parameters = String(parameterCount(model));
	// The initial model may have had a different one.
	delete model.metadata.quantization;
	if (best.quantization !== null) model.metadata.quantization = best.quantization;
	delete model.metadata.teacher;
	const teacher = teacherName(setup);
	if (teacher !== null) model.metadata.teacher = teacher;
	if (best.accuracy !== null) model.metadata.validation_accuracy = best.accuracy.toFixed(4);
	return model;
}

export function writeBest(setup: Setup, best: Best): void {
	const { output } = setup.options;
	if (output) keepingOthers(() => exportCheckpoint(bestModel(setup, best), output));
}

/** Appends a line to the log. */
export function writeLog({ options: { log, resume } }: Setup, type: string, content: object): void {
	if (!log) return;
	const line = JSON.stringify({ type, ...content }) + "\n";
	try {
		if (type === "start" && !resume) writeFileSync(log, line);
		else appendFileSync(log, line);
	} catch (error) {
		throw new UserError(`The training log ${log} could not be written: ${(error as Error).message}.`);
	}
}

/** @param quantization quantization of the latest weights */
export function saveState(setup: Setup, course: Course, quantization: string | null): void {
	const { native, settings, options } = setup;
	const { state } = options;
	if (!state || !course.best) return;
	const { flat, ...best } = course.best;
	const { losses, ...untrained } = course.untrained ?? { losses: new Float64Array(0) };
	const content: Saved = {
		settings,
		data: describe(options.data),
		teacher: teacherName(setup),
		epoch: course.epochsDone,
		best,
		untrained: course.untrained && (untrained as Saved["untrained"]),
		quantization,
		history: course.history,
	};
	const arrays = {
		...Object.fromEntries(STATE_ARRAYS.map((name) => [name, native.read(name)])),
		bestParameters: flat.parameters,
		bestMean: flat.mean,
		bestVariance: flat.variance,
		untrainedLosses: losses,
	};
	keepingOthers(() => writeState(state, content, arrays));
}

/** Restores native memory from the run in `path`. @throws UserError when that was a different run */
export function restoreState(setup: Setup, path: string): { course: Course; quantization: string | null } {
	const { content, arrays } = readState(path);
	const saved = content as Saved;
	const now = { ...setup.settings, data: describe(setup.options.data), teacher: teacherName(setup) };
	const then = { ...saved.settings, data: saved.data, teacher: saved.teacher } as Record<string, unknown>;
	for (const [key, value] of Object.entries(now))
		if (JSON.stringify(value) !== JSON.stringify(then[key]))
			throw new UserError(
				`The run in ${path} had ${key} = ${JSON.stringify(then[key])}, now it is ${JSON.stringify(value)}; resume with the same settings and data, or start over.`,
			);
	for (const name of STATE_ARRAYS) setup.native.write(name, arrays[name]!);
	const flat = {
		parameters: arrays.bestParameters!,
		mean: arrays.bestMean!,
		variance: arrays.bestVariance!,
	};
	const untrained = saved.untrained && { ...saved.untrained, losses: arrays.untrainedLosses! };
	return {
		course: { epochsDone: saved.epoch, best: { ...saved.best, flat }, untrained, history: saved.history },
		quantization: saved.quantization,
	};
}
