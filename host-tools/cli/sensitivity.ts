// edge-ssm sensitivity: the loss of each component of a network at each width.
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { writeBlob } from "../../src/blob/write";
import type { Interpretation } from "../checkpoints/import";
import { drawnText } from "../datasets/split";
import { readBlobFile } from "../evaluation/model-file";
import { defaultThreads, Pool } from "../evaluation/pool";
import { makeFolder, writeWhole } from "../files/write";
import type { Shape } from "../quantization/shape";
import { defaultCacheFolder } from "../search/cache";
import { componentsOf } from "../search/components";
import { BARE, Bench, snr } from "../search/measure";
import { trainFor } from "../search/qat";
import type { Reading, Sensitivity } from "../search/reading";
import { measureSensitivity } from "../search/sensitivity";
import { type SearchInput, setUp } from "../search/setup";
import { STUDY_NAMES, type StudyName, study, type TrainedBlob } from "../search/study";
import { studyTables } from "../search/study-table";
import { qualityFor } from "../task/fit";
import { openForHead } from "../task/open";
import type { Quality } from "../task/task";
import { UserError } from "../terminal/errors";
import { grouped, heading, print, printJson, table } from "../terminal/output";
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
	study?: StudyName | true;
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
			"--study [name]",
			`instead: tables of the literature next to ours, on the test split (docs/PRECISION.md): those of the network's mixer or task, or by name ${Object.entries(
				STUDY_NAMES,
			)
				.map(([name, about]) => `${name} (${about})`)
				.join(", ")}`,
			studyName,
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

function studyName(text: string): StudyName {
	if (text in STUDY_NAMES) return text as StudyName;
	throw new InvalidArgumentError(`Expected ${Object.keys(STUDY_NAMES).join(" or ")}.`);
}

async function run(checkpoint: string, options: Options): Promise<void> {
	const { data, seed, sequences, percentile, threads, cache } = options;
	for (const [flag, given] of [
		["--trained", options.trained],
		["--study-epochs", options.studyEpochs],
	] as const)
		if (given !== undefined && !options.study)
			throw new UserError(`${flag} is for the tables of the literature; add --study.`);
	if (options.study && options.output !== undefined)
		throw new UserError(
			"--output takes the losses of single components; leave it out, and keep --study's tables with --json.",
		);
	const blobs = (options.trained ?? []).map((path) => ({ name: basename(path), ...readBlobFile(path) }));
	const { model, interpretation } = readFloat(checkpoint, options, options.json);
	if (options.output !== undefined) makeFolder(options.output); // refused before the measurements
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
			const { heatMap } = await import("../report/heat-map");
			const { drawSvg } = await import("../report/draw");
			const write = (name: string, text: string) =>
				writeWhole(join(options.output!, name), Buffer.from(text));
			write("sensitivity.json", `${JSON.stringify(result, null, "\t")}\n`);
			const svg = await drawSvg(
				heatMap(sensitivity, qualityFor(setup.shape.head)),
				"heat",
				"SNR and quality by component and width",
			);
			write("sensitivity.svg", svg);
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
	const { normal } = model.metadata;
	const ahead = "ahead" in model.head ? model.head.ahead : 0;
	const rows = await openForHead(model.head, data, "test", { limit: sequences, seed, normal });
	const inFloat = new Progress("float network", rows.count, "sequences");
	let done = 0;
	const bench = await Bench.open(model, ranges, rows, {
		...{ pool, cacheFolder: options.cache },
		onRows: (count) => inFloat.update((done += count)),
	});
	inFloat.done();
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
	const found = await study(
		bench,
		shape,
		{
			...(typeof options.study === "string" && { name: options.study }),
			...{ data: rows.name, ahead, blobs },
			...(studyEpochs !== undefined && { train }),
		},
		(done) => progress.update(done),
	);
	progress.done();
	const result = {
		kind: "study",
		checkpoints: [interpretation],
		data: rows.name,
		drawn: rows.drawn ?? null,
		seed,
		shape,
		count: bench.count,
		float: bench.float,
	};
	if (options.json) return printJson({ ...result, rows: found });
	const trainedBy = [
		...(blobs.length > 0 ? [`${blobs.length} blobs given`] : []),
		...(studyEpochs !== undefined ? [`${studyEpochs} epochs a row`] : []),
	];
	const float = Object.entries(bench.quality.figures(bench.float)).map(([name, text]) => `${name} ${text}`);
	print(
		`ours: this checkpoint, ${grouped(bench.count)} sequences of the test split${drawnText(rows.drawn)} (float: ${float.join(", ")}; in brackets the difference from it); trained: ${trainedBy.join(", other rows ") || "not run (--trained, --study-epochs)"}`,
	);
	print(studyTables(found, bench, studyEpochs === undefined ? "not run" : "refused"));
}

function printSensitivity({ count, float, highest, readings }: Sensitivity, shape: Shape): void {
	const { name, of } = qualityFor(shape.head);
	print(
		`${grouped(count)} sequences; ${name} in float ${of(float).toFixed(2)} %, everything at its highest precision ${of(highest).toFixed(2)} %, SNR of the outputs ${snr(highest.noise).toFixed(1)} dB`,
	);
	for (const layer of [null, ...shape.blocks.keys()]) {
		print(heading(layer === null ? `all layers at once: ${name} % / SNR dB` : `layer ${layer} alone`));
		const placed = componentsOf(shape).filter(({ layers }) => layer === null || layers?.includes(layer));
		const rows = placed.map(({ name }) => [
			name,
			...readings.filter((r) => r.component === name && r.layer === layer).map((r) => cell(r, of)),
		]);
		print(table([["", ...Array<string>(Math.max(...rows.map((r) => r.length)) - 1).fill("")], ...rows]));
	}
}

function cell({ width, measurement }: Reading, quality: Quality["of"]): string {
	if (!measurement) return `${width}: none`;
	return `${width}: ${quality(measurement).toFixed(1)}/${snr(measurement.noise).toFixed(0)}`;
}
