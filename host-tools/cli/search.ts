// edge-ssm search: the precision of every component under limits of accuracy, flash and RAM.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Command } from "commander";
import { writeBlob } from "../../src/blob/write";
import { evaluate } from "../evaluation/evaluate";
import { parseBlob } from "../evaluation/model-file";
import { defaultThreads, Pool } from "../evaluation/pool";
import { hashFile } from "../files/hash";
import { checkWritable, writeWhole } from "../files/write";
import { parameterBytes, saving } from "../packing/components";
import { addGolden, origin, pack } from "../packing/pack";
import { highestPrecision } from "../quantization/precision";
import { defaultCacheFolder } from "../search/cache";
import { explain } from "../search/explain";
import { BARE, Bench, rangesFor } from "../search/measure";
import { memoryParts } from "../search/memory";
import { searchPlan } from "../search/places";
import { trainFor } from "../search/qat";
import type { SearchFile } from "../search/result";
import { type Limits, search } from "../search/search";
import { measureSensitivity } from "../search/sensitivity";
import { setUp } from "../search/setup";
import { confusionOf } from "../task/classify-metrics";
import { qualityFor, taskOf } from "../task/fit";
import type { Judged } from "../task/task";
import { UserError } from "../terminal/errors";
import { grouped, heading, print, printJson, table } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { checkModel } from "../training/open-native";
import { addCheckpointOptions, type CheckpointFlags, readFloat, readSecondFloat } from "./checkpoint";
import { above, bytes, DATA_HELP, hzOption, jsonOption, whole } from "./options";

interface Options extends Limits, CheckpointFlags {
	data: string;
	hz?: number;
	output: string;
	against?: string;
	teacher?: string;
	qat?: number;
	qatEpochs: number;
	validation: number;
	screen: number;
	calibrate: number;
	percentile?: number;
	golden: number;
	goldenSteps: number;
	seed: number;
	threads: number;
	cache: string;
	json?: boolean;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

export function searchCommand(): Command {
	const command = new Command("search")
		.description(
			"Measures the loss of each component at each width, finds the best choice under the limits, checks it on validation sequences and writes it as a blob, with all findings next to it (.search.json).",
		)
		.argument("<checkpoint>", "float checkpoint (.safetensors, .pt)")
		.requiredOption("--data <source>", `training data: ${DATA_HELP}`)
		.requiredOption("-o, --output <file>", "blob to write")
		.addOption(hzOption())
		.option(
			"--max-loss <points>",
			"maximum loss of accuracy, or of NRMSE, in points (default 0.5 without --flash)",
			above(-100, 100),
		)
		.option("--flash <bytes>", "maximum bytes of the blob, such as 3.2K", bytes)
		.option("--ram <bytes>", "maximum bytes of the arena", bytes)
		.option("--instructions <n>", "maximum instructions per step on RV32IMC, by the cost model", whole(1))
		.option(
			"--against <checkpoint>",
			"float network to measure losses against, such as the one before pruning",
		)
		.option("--qat <runs>", "number of best choices to train through the quantizer", whole(1, 100))
		.option("--qat-epochs <n>", "epochs of each such training", whole(1, 1000), 4)
		.option(
			"--teacher <checkpoint>",
			"float network that teaches them (default: the one losses are measured against)",
		)
		.option("--validation <n>", "sequences for the final decision", whole(1), 5000)
		.option("--screen <n>", "sequences for the many measurements", whole(1), 256)
		.option("--calibrate <n>", "training sequences to calibrate on", whole(1), 256)
		.option(
			"--percentile <p>",
			"clip ranges at this percentile (default: the best of several)",
			above(50, 100),
		)
		.option("--golden <n>", "golden vectors in the blob; they count as flash", whole(0, 100), 2)
		.option("--golden-steps <n>", "maximum steps of a golden vector", whole(1, 65536), 64)
		.option("--seed <n>", "seed for choosing the sequences", whole(0, 2 ** 31 - 1), 1)
		.option("--threads <n>", "threads", whole(1, 64), defaultThreads())
		.option("--cache <folder>", "where measurements are cached between runs", defaultCacheFolder())
		.addOption(jsonOption())
		.addHelpText(
			"after",
			`
With --flash it is the most accurate choice within the limits, without it the smallest that keeps the loss.

Example:
  edge-ssm search models/motion.safetensors --data motion --max-loss 1 -o best.essm`,
		)
		.action(run);
	return addCheckpointOptions(command);
}

async function run(checkpoint: string, options: Options): Promise<void> {
	const { data, output, seed, threads, percentile, maxLoss, flash, ram, instructions, qat, qatEpochs } =
		options;
	const started = performance.now();
	checkWritable(output, checkpoint, data, options.against, options.teacher);
	const read = readFloat(checkpoint, options, options.json);
	const against = options.against === undefined ? undefined : readSecondFloat(options.against, options.json);
	const taught = options.teacher === undefined ? undefined : readSecondFloat(options.teacher, options.json);
	const limits: Limits = {
		...(maxLoss !== undefined && { maxLoss }),
		...(flash !== undefined && { flash }),
		...(ram !== undefined && { ram }),
		...(instructions !== undefined && { instructions }),
	};
	let stage = "";
	let progress: Progress | undefined;
	const show = (name: string, done: number) => {
		if (name !== stage) {
			progress?.done();
			progress = new Progress(name);
			stage = name;
		}
		progress!.update(done);
	};
	const setup = await setUp(read.model, {
		data,
		hz: options.hz,
		seed,
		calibrate: options.calibrate,
		screen: options.screen,
		validation: options.validation,
		...(against && { against: against.model }),
		...(percentile !== undefined && { how: { method: "percentile" as const, percentile } }),
		onCalibrated: (done) => show("calibrating", done / options.calibrate),
	});
	const { float, model, shape, calibration, ranges } = setup;
	const teacher = taught?.model ?? float;
	if (taught) checkModel(teacher, setup.training);
	const checkpointHash = hashFile(checkpoint);
	const notes = { checkpoint: checkpointHash, ...origin(model) };
	// Notes omit widths, which the blob states itself: each choice has notes of the same length.
	const packed = (bits: string) =>
		pack(model, calibration, {
			checkpointHash,
			precision: highestPrecision(shape, bits),
			preset: "",
			calibrate: calibration.count,
			how: { method: "minmax" },
			golden: options.golden,
			goldenSteps: options.goldenSteps,
			ranges: rangesFor(ranges, highestPrecision(shape, bits)),
			notes,
		});
	const highest = packed("");
	const pool = new Pool(threads);
	try {
		const open = (rows: typeof setup.screen, name: string) => {
			let done = 0;
			return Bench.open(model, ranges, rows, {
				pool,
				cacheFolder: options.cache,
				float,
				onRows: (count) => show(name, (done += count) / rows.count),
			});
		};
		const screen = await open(setup.screen, "float network on screening sequences");
		const validation = await open(setup.validation, "float network on validation sequences");
		const sensitivity = await measureSensitivity(screen, shape, searchPlan(shape), (done) =>
			show("sensitivity", done),
		);
		const trainings = new Map<string, Awaited<ReturnType<typeof trainFor>>>();
		const trainedBlob = async (bits: string) => {
			const name = `training choice ${trainings.size + 1} of ${qat}`;
			try {
				const make = await trainFor(model, bits, setup.training, {
					...{ teacher, epochs: qatEpochs, seed, threads },
					onProgress: (done) => show(name, done),
				});
				trainings.set(bits, make);
				return writeBlob(make(BARE), sha256);
			} catch (error) {
				if (!(error instanceof UserError || error instanceof RangeError)) throw error;
				progress?.done(`${name} was abandoned: ${error.message}`);
				return undefined;
			}
		};
		const overhead = highest.blob.length - parameterBytes(highest.blob);
		const found = await search({
			shape,
			sensitivity,
			screen,
			validation,
			limits,
			overhead,
			...(qat !== undefined && { qat: { runs: qat, epochs: qatEpochs, train: trainedBlob } }),
			onProgress: show,
		});
		const chosen = found.candidates[found.chosen]!;
		const finish = (make: Awaited<ReturnType<typeof trainFor>>) => {
			const { steps, rate, labels, notes, input } = highest.network;
			const network = { ...make({ steps, rate, notes, channels: input }), labels };
			addGolden(network, options.golden, options.goldenSteps);
			return { blob: writeBlob(network, sha256), network };
		};
		const { blob, network } = chosen.trained ? finish(trainings.get(chosen.bits)!) : packed(chosen.bits);
		const confirmed = await evaluate(parseBlob(blob, output), setup.validation, "kernel", { threads });
		progress?.done();
		const { right, values } = taskOf(setup.validation).judged(confirmed.metrics);
		const validated = chosen.validated!;
		const same = isDeepStrictEqual([right, values], [validated.right, validated.values]);
		if (blob.length !== chosen.blobBytes || !same) throw new Error("the blob written is not the one chosen");
		writeWhole(output, blob);
		const file: SearchFile = {
			kind: "search",
			command: `edge-ssm ${process.argv.slice(2).join(" ")}`,
			checkpoint,
			checkpointHash,
			checkpoints: [read, against, taught].flatMap((one) => one?.interpretation ?? []),
			blob: basename(output),
			blobHash: sha256(blob).toString("hex"),
			data: setup.validation.name,
			seed,
			seconds: Math.round((performance.now() - started) / 1000),
			limits,
			shape,
			...(options.against !== undefined && { against: basename(options.against) }),
			labels: network.labels,
			counts: {
				calibration: calibration.count,
				screen: setup.screen.count,
				validation: setup.validation.count,
			},
			sensitivity,
			candidates: found.candidates,
			chosen: found.chosen,
			validation: {
				...validated,
				float: validation.float,
				confusion: confusionOf(confirmed.metrics),
			},
			memory: memoryParts(blob, network),
			savedPercent: saving(blob, network)?.percent ?? 0,
			explanation: explain(
				shape,
				options.against && basename(options.against),
				limits,
				chosen,
				found.loss,
				sensitivity,
			),
		};
		const jsonPath = `${output.replace(/\.essm$/, "")}.search.json`;
		writeWhole(jsonPath, Buffer.from(`${JSON.stringify(file, null, "\t")}\n`));
		if (options.json) printJson(file);
		else printResult(file, jsonPath);
	} finally {
		await pool.close();
	}
}

function printResult(file: SearchFile, jsonPath: string): void {
	const { validation, candidates, chosen, explanation, blob, shape } = file;
	const { name, of } = qualityFor(shape.head);
	const shown = (judged: Judged) => `${of(judged).toFixed(2)} %`;
	print(
		`${heading(blob)}: ${name} ${shown(validation)} on ${grouped(validation.count)} validation sequences, float ${shown(validation.float)}; saves ${file.savedPercent.toFixed(1)} % of parameters and state`,
	);
	print(`  ${candidates[chosen]!.bits}`);
	for (const sentence of explanation) print(`  ${sentence}`);
	print(heading("choices considered"));
	print(
		table([
			["", "blob", "arena", "instructions", "noise %", "screened %", "validated %"],
			...candidates.map(({ blobBytes, cost, screened, validated, trained }, i) => [
				[...(i === chosen ? ["chosen"] : []), ...(trained ? ["trained"] : [])].join(", "),
				blobBytes,
				cost.arena,
				cost.instructions,
				screened ? (100 * screened.noise).toFixed(2) : "",
				screened ? of(screened).toFixed(2) : "",
				validated ? of(validated).toFixed(2) : "",
			]),
		]),
	);
	print(`all findings are in ${jsonPath}; "edge-ssm report ${jsonPath}" shows them`);
}
