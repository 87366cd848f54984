// edge-ssm sensitivity: what each component of a network loses at each width.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { Progress } from "../common/progress";
import { defaultThreads, Pool } from "../evaluation/pool";
import { defaultCacheFolder } from "../search/cache";
import { COMPONENTS } from "../search/components";
import { Bench, snr } from "../search/measure";
import { measureSensitivity, type Reading, type Sensitivity } from "../search/sensitivity";
import { setUp } from "../search/setup";
import { STUDIES, study } from "../search/study";
import { above, DATA_HELP, jsonOption, whole } from "./options";
import { grouped, heading, percent, print, printJson, table } from "./output";

interface Options {
	data: string;
	output?: string;
	sequences: number;
	calibrate: number;
	percentile?: number;
	seed: number;
	threads: number;
	cache: string;
	study?: boolean;
	json?: boolean;
}

export function sensitivityCommand(): Command {
	return new Command("sensitivity")
		.summary("find which component bears how few bits")
		.description(
			"Quantizes one component at a time, at each of its widths, all others at their highest precision, and compares the kernel's logits with the float network's on training sequences that were not calibrated on.",
		)
		.argument("<checkpoint>", "float checkpoint (.safetensors)")
		.requiredOption("--data <source>", `training data: ${DATA_HELP}`)
		.option("-o, --output <folder>", "write sensitivity.json and a heat map there")
		.option("--sequences <n>", "sequences to measure on", whole(1), 256)
		.option("--calibrate <n>", "training sequences to calibrate on", whole(1), 256)
		.option(
			"--percentile <p>",
			"clip ranges at this percentile (default: the best of several)",
			above(50, 100),
		)
		.option("--seed <n>", "chooses the sequences", whole(0, 2 ** 31 - 1), 1)
		.option("--threads <n>", "threads", whole(1, 64), defaultThreads())
		.option("--cache <folder>", "where measurements are kept between runs", defaultCacheFolder())
		.option("--study", "the tables of the literature beside ours, instead (docs/PRECISION.md)")
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExample:\n  edge-ssm sensitivity models/motion.safetensors --data motion -o report/",
		)
		.action(run);
}

async function run(checkpoint: string, options: Options): Promise<void> {
	const { data, seed, sequences, percentile, threads, cache } = options;
	const calibrating = new Progress("calibrating", options.calibrate, "sequences");
	const setup = await setUp(checkpoint, {
		data,
		seed,
		calibrate: options.calibrate,
		screen: sequences,
		validation: 1,
		...(percentile !== undefined && { how: { method: "percentile" as const, percentile } }),
		onCalibrated: (done) => calibrating.update(done),
	});
	calibrating.done();
	const pool = new Pool(threads);
	try {
		const bench = await Bench.open(setup.model, setup.ranges, setup.screen, { pool, cacheFolder: cache });
		const progress = new Progress("measuring", 1000, "thousandths");
		const onProgress = (done: number) => progress.update(Math.round(1000 * done));
		if (options.study) {
			const rows = await study(bench, setup.shape, onProgress);
			progress.done();
			if (options.json) printJson({ count: bench.count, floatRight: bench.floatRight, rows });
			else printStudy(rows, bench);
			return;
		}
		const sensitivity = await measureSensitivity(bench, setup.shape.L, undefined, onProgress);
		progress.done(`measured ${bench.measured} blobs, ${bench.found} were known`);
		const result = {
			kind: "sensitivity",
			checkpoint,
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
		else printSensitivity(sensitivity, setup.shape.L);
	} finally {
		await pool.close();
	}
}

function printSensitivity({ count, floatRight, highest, readings }: Sensitivity, L: number): void {
	print(
		`${grouped(count)} sequences; float ${percent(floatRight / count)}, everything at its highest precision ${percent(highest.right / count)}, SNR of the logits ${snr(highest.noise).toFixed(1)} dB`,
	);
	for (const layer of [null, ...Array(L).keys()]) {
		print(heading(layer === null ? "all layers at once: accuracy % / SNR dB" : `layer ${layer} alone`));
		const rows = COMPONENTS.filter(({ layered }) => layered || layer === null).map(({ name }) => [
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

function printStudy(rows: Awaited<ReturnType<typeof study>>, bench: Bench): void {
	print(
		`ours: this checkpoint, ${grouped(bench.count)} sequences (float ${percent(bench.floatRight / bench.count)}), no training for the precision`,
	);
	for (const title of STUDIES) {
		print(heading(title));
		print(
			table([
				["", "bits", "literature %", "ours %", "ours SNR dB"],
				...rows
					.filter((row) => row.study === title)
					.map(({ name, width, literature, measurement }) => [
						name,
						width,
						literature === null ? "" : literature.toFixed(1),
						measurement ? ((100 * measurement.right) / measurement.count).toFixed(1) : "none",
						measurement ? snr(measurement.noise).toFixed(1) : "",
					]),
			]),
		);
	}
}
