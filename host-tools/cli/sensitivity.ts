// edge-ssm sensitivity: the loss of each component of a network at each width.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Command } from "commander";
import { writeBlob } from "../../src/blob/write";
import type { Interpretation } from "../checkpoints/import";
import type { Drawn } from "../datasets/dataset";
import { openDataset } from "../datasets/open";
import { drawnText } from "../datasets/split";
import { readBlobFile } from "../evaluation/model-file";
import { defaultThreads, Pool } from "../evaluation/pool";
import type { Shape } from "../quantization/shape";
import { type Comparison, defaultCacheFolder } from "../search/cache";
import { componentsOf } from "../search/components";
import { BARE, Bench, snr } from "../search/measure";
import { trainFor } from "../search/qat";
import type { Reading, Sensitivity } from "../search/reading";
import { measureSensitivity } from "../search/sensitivity";
import { type SearchInput, setUp } from "../search/setup";
import { type StudyRow, study, type TrainedBlob } from "../search/study";
import { UserError } from "../terminal/errors";
import { grouped, heading, percent, print, printJson, table } from "../terminal/output";
import { Progress } from "../terminal/progress";
import type { TrainInput } from "../training/settings";
import { addCheckpointOptions, type CheckpointFlags, readFloat } from "./checkpoint";
import { above, DATA_HELP, jsonOption, whole } from "./options";

interface Options extends CheckpointFlags {
	data: string;
	output?: string;
	sequences: number;
	calibrate: number;
	percentile?: number;
	seed: number;
	threads: number;
	cache: string;
	study?: boolean;
	trained?: string[];
	studyEpochs?: number;
	json?: boolean;
}

export function sensitivityCommand(): Command {
	const command = new Command("sensitivity")
		.description(
			"Quantizes one component at a time, at each of its widths, all others at their highest precision, and compares the kernel's outputs with the float network's on training sequences not used for calibration.",
		)
		.argument("<checkpoint>", "float checkpoint (.safetensors, .pt)")
		.requiredOption("--data <source>", `training data: ${DATA_HELP}`)
		.option("-o, --output <folder>", "write sensitivity.json and a heat map here")
		.option("--sequences <n>", "sequences to measure on", whole(1), 256)
		.option("--calibrate <n>", "training sequences to calibrate on", whole(1), 256)
		.option(
			"--percentile <p>",
			"clip ranges at this percentile (default: the best of several)",
			above(50, 100),
		)
		.option("--seed <n>", "seed for choosing the sequences", whole(0, 2 ** 31 - 1), 1)
		.option("--threads <n>", "threads", whole(1, 64), defaultThreads())
		.option("--cache <folder>", "where measurements are cached between runs", defaultCacheFolder())
		.option(
			"--study",
			"instead: tables of the literature next to ours, on the test split (docs/PRECISION.md)",
		)
		.option(
			"--trained <blobs...>",
			"with --study: blobs that train --quantize made from this checkpoint, for the trained column",
		)
		.option(
			"--study-epochs <n>",
			"with --study: also train the rows that the literature trained, for this many epochs per row",
			whole(1, 1000),
		)
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExample:\n  edge-ssm sensitivity models/motion.safetensors --data motion -o report/",
		)
		.action(run);
	return addCheckpointOptions(command);
}

async function run(checkpoint: string, options: Options): Promise<void> {
	const { data, seed, sequences, percentile, threads, cache } = options;
	for (const [flag, given] of [
		["--trained", options.trained],
		["--study-epochs", options.studyEpochs],
	] as const)
		if (given !== undefined && !options.study)
			throw new UserError(`${flag} is for the tables of the literature; add --study.`);
	const blobs = (options.trained ?? []).map((path) => ({ name: basename(path), ...readBlobFile(path) }));
	const { model, interpretation } = readFloat(checkpoint, options, options.json);
	const calibrating = new Progress("calibrating", options.calibrate, "sequences");
	const setup = await setUp(model, {
		data,
		seed,
		calibrate: options.calibrate,
		screen: options.study ? 1 : sequences,
		validation: 1,
		...(percentile !== undefined && { how: { method: "percentile" as const, percentile } }),
		onCalibrated: (done) => calibrating.update(done),
	});
	calibrating.done();
	const pool = new Pool(threads);
	try {
		if (options.study) return await runStudy(setup, pool, blobs, options, interpretation);
		const bench = await Bench.open(setup.model, setup.ranges, setup.screen, { pool, cacheFolder: cache });
		const progress = new Progress("measuring");
		const onProgress = (done: number) => progress.update(done);
		const sensitivity = await measureSensitivity(bench, setup.shape, undefined, onProgress);
		progress.done(`measured ${bench.measured} blobs, ${bench.found} were known`);
		const result = {
			kind: "sensitivity",
			checkpoint,
			checkpoints: [interpretation],
			data: setup.screen.name,
			seed,
			shape: setup.shape,
			...sensitivity,
		};
		if (options.output !== undefined) {
			const { heatMap } = await import("../report/charts");
			const { drawSvg } = await import("../report/draw");
			mkdirSync(options.output, { recursive: true });
			writeFileSync(join(options.output, "sensitivity.json"), `${JSON.stringify(result, null, "\t")}\n`);
			const svg = await drawSvg(heatMap(sensitivity), "heat", "Accuracy and SNR by component and width");
			writeFileSync(join(options.output, "sensitivity.svg"), svg);
		}
		if (options.json) printJson(result);
		else printSensitivity(sensitivity, setup.shape);
	} finally {
		await pool.close();
	}
}

/** The test split, as in those studies; nothing is chosen by these figures. */
async function runStudy(
	setup: SearchInput,
	pool: Pool,
	blobs: TrainedBlob[],
	options: Options,
	interpretation: Interpretation,
): Promise<void> {
	const { data, sequences, seed, threads, studyEpochs } = options;
	const { model, ranges, training, shape } = setup;
	const rows = await openDataset(data, "test", { limit: sequences, seed });
	const bench = await Bench.open(model, ranges, rows, { pool, cacheFolder: options.cache });
	const train = async (bits: string, settings: TrainInput) => {
		const progress = new Progress(`training (${Object.entries(settings).join(", ")}) for ${bits}`);
		try {
			const make = await trainFor(model, bits, training, {
				...{ epochs: studyEpochs!, seed, threads, settings },
				onProgress: (done) => progress.update(done),
			});
			return writeBlob(make(BARE), (bytes) => createHash("sha256").update(bytes).digest());
		} catch (error) {
			// A row that integers cannot represent, or that diverges, is a result and does not end the study.
			if (error instanceof UserError || error instanceof RangeError) return undefined;
			throw error;
		} finally {
			progress.done();
		}
	};
	const progress = new Progress("measuring");
	const trained = { blobs, ...(studyEpochs !== undefined && { train }) };
	const found = await study(bench, shape, trained, (done) => progress.update(done));
	progress.done();
	const result = {
		kind: "study",
		checkpoints: [interpretation],
		data: rows.name,
		drawn: rows.drawn ?? null,
		seed,
		shape,
		count: bench.count,
		floatRight: bench.floatRight,
	};
	if (options.json) printJson({ ...result, rows: found });
	else printStudy(found, bench, { blobs: blobs.length, epochs: studyEpochs }, rows.drawn);
}

function printSensitivity({ count, floatRight, highest, readings }: Sensitivity, shape: Shape): void {
	print(
		`${grouped(count)} sequences; float ${percent(floatRight / count)}, everything at its highest precision ${percent(highest.right / count)}, SNR of the outputs ${snr(highest.noise).toFixed(1)} dB`,
	);
	for (const layer of [null, ...shape.blocks.keys()]) {
		print(heading(layer === null ? "all layers at once: accuracy % / SNR dB" : `layer ${layer} alone`));
		const placed = componentsOf(shape).filter(({ layers }) => layer === null || layers?.includes(layer));
		const rows = placed.map(({ name }) => [
			name,
			...readings.filter((r) => r.component === name && r.layer === layer).map((r) => cell(r, count)),
		]);
		print(table([["", ...Array<string>(Math.max(...rows.map((r) => r.length)) - 1).fill("")], ...rows]));
	}
}

function cell({ width, measurement }: Reading, count: number): string {
	if (!measurement) return `${width}: none`;
	return `${width}: ${((100 * measurement.right) / count).toFixed(1)}/${snr(measurement.noise).toFixed(0)}`;
}

function printStudy(
	rows: StudyRow[],
	{ count, floatRight }: Bench,
	{ blobs, epochs }: { blobs: number; epochs: number | undefined },
	drawn: Drawn | undefined,
): void {
	const trainedBy = [
		...(blobs > 0 ? [`${blobs} blobs given`] : []),
		...(epochs !== undefined ? [`${epochs} epochs a row`] : []),
	];
	print(
		`ours: this checkpoint, ${grouped(count)} sequences of the test split${drawnText(drawn)} (float ${percent(floatRight / count)}); trained: ${trainedBy.join(", other rows ") || "not run (--trained, --study-epochs)"}`,
	);
	const published = (figure: number | null) => (figure === null ? "" : String(figure));
	const shown = (measurement: Comparison | null, without: string) =>
		measurement ? ((100 * measurement.right) / measurement.count).toFixed(2) : without;
	for (const title of new Set(rows.map((row) => row.study))) {
		print(heading(title));
		print(
			table([
				["", "bits", "theirs %", "ours %", "theirs, trained %", "ours, trained %"],
				...rows
					.filter((row) => row.study === title)
					.map(({ name, width, literature, bits, training, untrained, trained }) => [
						name,
						width,
						published(literature.untrained),
						shown(untrained, bits === null ? "no such width" : "refused"),
						published(literature.trained),
						training ? shown(trained, epochs === undefined ? "not run" : "refused") : "",
					]),
			]),
		);
	}
}
