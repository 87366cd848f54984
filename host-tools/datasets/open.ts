// Opens any data set: the name of a built-in generator, or a path whose layout is recognised. Formats are read by the
// neighbouring files.
import { existsSync, statSync } from "node:fs";
import { isRecording } from "../recordings/open";
import { UserError } from "../terminal/errors";
import { builtIn } from "./built-in";
import type { Dataset } from "./dataset";
import { idxFolderOfRows, isIdxFolder, readIdxFolder } from "./idx";
import { isPackedFolder, readPackedFolder } from "./packed";
import { readRecorded } from "./recorded";
import { checkDataset, type OpenOptions } from "./source";
import { drawRows } from "./split";

/**
 * Opens one split of a data set.
 *
 * @param source the name of a built-in generator, else a path: a folder of idx files, a folder with meta.json, a folder
 *   of recorded files or one table (docs/DATASETS.md). A folder named motion is reached as ./motion.
 * @throws UserError naming the file, sequence, step or channel that is wrong
 */
export async function openDataset(
	source: string,
	split: "train" | "test",
	options: OpenOptions = {},
): Promise<Dataset> {
	if (split !== "train" && split !== "test")
		throw new UserError(`A data set has the splits train and test, not ${split}.`);
	const { limit } = options;
	if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
		throw new UserError(`The limit of sequences must be a whole number of at least 1, not ${limit}.`);
	const computed = builtIn(source);
	if (computed) {
		const { rows, drawn } = drawRows(computed.strata(split), options);
		const made = computed.make(split, rows, options);
		return withRate(checkDataset({ ...made, ...(drawn && { drawn }) }), options.rate);
	}
	try {
		return withRate(readPath(source, split, options), options.rate);
	} catch (error) {
		// Folders instead of files, unreadable files, dangling links.
		if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
		throw new UserError(`The data set ${source} cannot be read: ${(error as Error).message}.`);
	}
}

/** With the given rate, unless it states a different one. */
function withRate(dataset: Dataset, rate: number | undefined): Dataset {
	if (rate === undefined) return dataset;
	if (dataset.rate !== undefined && dataset.rate !== rate)
		throw new UserError(
			`The data set ${dataset.name} states ${dataset.rate} samples per second, not ${rate}; leave --hz out.`,
		);
	return { ...dataset, rate };
}

function readPath(source: string, split: "train" | "test", options: OpenOptions): Dataset {
	const byRows = idxFolderOfRows(source);
	if (byRows !== undefined) return readIdxFolder(byRows, split, options, "rows");
	if (!existsSync(source))
		throw new UserError(
			`There is no data set at ${source}; give a folder, a CSV file, or the name of the built-in data set "motion".`,
		);
	if (statSync(source).isFile()) {
		if (isRecording(source)) return readRecorded(source, split, options);
		throw new UserError(
			`${source} is a file, but not a table of sequences; docs/DATASETS.md lists the supported formats.`,
		);
	}
	if (isPackedFolder(source)) return readPackedFolder(source, split, options);
	if (isIdxFolder(source)) return readIdxFolder(source, split, options);
	return readRecorded(source, split, options);
}
