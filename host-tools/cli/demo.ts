// edge-ssm demo (npm start): from a float checkpoint to the firmware on XS, on the built-in data.

import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import { Command } from "commander";
import { readCheckpoint } from "../checkpoints/import";
import { openDataset } from "../datasets/open";
import { drawnText } from "../datasets/split";
import { countAgreeing } from "../evaluation/agreement";
import { evaluate } from "../evaluation/evaluate";
import { parseBlob } from "../evaluation/model-file";
import { simulate } from "../evaluation/simulate";
import { hashFile } from "../files/hash";
import { projectPath } from "../files/project";
import { writeWhole } from "../files/write";
import { parameterCount } from "../float/model";
import { blobComponents, saving } from "../packing/components";
import { namedComponents } from "../packing/names";
import { pack } from "../packing/pack";
import { choosePrecision, DEFAULT_PRESET } from "../quantization/precision";
import { floatShape } from "../quantization/shape";
import { counted } from "../task/classify-metrics";
import { taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import { byteTable, grouped, heading, percent, print } from "../terminal/output";
import { duration, Progress } from "../terminal/progress";
import { describe } from "./checkpoint";
import { ramTable } from "./ram-table";

const CHECKPOINT = "models/motion.safetensors";
const PRESET = DEFAULT_PRESET;
const CALIBRATED = 256;
/** Held-out sequences streamed into the firmware and compared byte by byte. */
const STREAMED = 200;

export function demoCommand(): Command {
	return new Command("demo")
		.description(
			"Quantizes the float checkpoint of the built-in motion data into a blob, flashes it into the firmware on XS, and measures at every stage.",
		)
		.addHelpText("after", "\nExample:\n  edge-ssm demo")
		.action(run);
}

async function run(): Promise<void> {
	const started = performance.now();
	let number = 0;
	const stage = (title: string) => print(`${number > 0 ? "\n" : ""}${heading(`${++number}. ${title}`)}`);
	const watched = (label: string, count: number) => {
		let progress: Progress | undefined; // starts with the first sequence
		return {
			onProgress: (done: number) => {
				progress ??= new Progress(label, count, "sequences");
				progress.update(done);
			},
			done: () => progress?.done(),
		};
	};

	stage("A float network and unseen data");
	const checkpoint = projectPath(CHECKPOINT);
	const { model: float, interpretation } = readCheckpoint(checkpoint);
	const test = await openDataset("motion", "test");
	print(describe(interpretation).replace(/^/gm, "  "));
	print(`  ${grouped(parameterCount(float))} parameters`);
	print(
		`  motion: ${grouped(test.count)} held-out sequences of ${test.T} steps, ${test.channels} channels: ${taskOf(test).goal(test.targets).labels.join(", ")}`,
	);
	const floatWatch = watched("float", test.count);
	const floatResult = await evaluate({ kind: "checkpoint", model: float }, test, "float", floatWatch);
	floatWatch.done();
	const { accuracy: floatAccuracy } = counted(floatResult.metrics);
	print(`  accuracy in float: ${percent(floatAccuracy)}`);

	stage("Integers, calibrated on training data");
	// the rows that calibration takes of the entire split, and no others: generating it takes longer than all else here
	const training = await openDataset("motion", "train", { limit: CALIBRATED });
	const calibrating = watched("calibrating", CALIBRATED);
	const { blob } = pack(float, training, {
		checkpointHash: hashFile(checkpoint),
		precision: choosePrecision(floatShape(float), PRESET),
		preset: PRESET,
		calibrate: CALIBRATED,
		golden: 2,
		goldenSteps: 64,
		onProgress: calibrating.onProgress,
	});
	calibrating.done();
	const path = projectPath("build/demo/motion.essm");
	mkdirSync(projectPath("build/demo"), { recursive: true });
	writeWhole(path, blob);
	const model = parseBlob(blob, "motion.essm");
	const saved = saving(blob, model.network);
	print(`  preset ${PRESET}, written to ${relative(process.cwd(), path)}; bytes by component:`);
	print(byteTable(namedComponents(blobComponents(blob, model.network))).replace(/^/gm, "  "));
	if (saved)
		print(
			`  parameters and state: ${grouped(saved.floatBytes)} bytes in float32, ${grouped(saved.parameterBytes + saved.stateBytes)} here, ${saved.percent.toFixed(1)} % saved`,
		);

	stage("The same sequences in integers");
	const kernelWatch = watched("kernel", test.count);
	const integers = await evaluate(model, test, "kernel", kernelWatch);
	kernelWatch.done();
	print(
		`  accuracy in integers (C kernel): ${percent(counted(integers.metrics).accuracy)}, float ${percent(floatAccuracy)}`,
	);
	const streamed = await openDataset("motion", "test", { limit: STREAMED });
	const streamedRight = counted((await evaluate(model, streamed, "kernel")).metrics).accuracy;
	print(
		`  accuracy on the next ${STREAMED} sequences${drawnText(streamed.drawn)}: ${percent(streamedRight)}`,
	);
	const agreeWatch = watched("reference", STREAMED);
	const agreeing = countAgreeing(model, streamed, agreeWatch.onProgress);
	agreeWatch.done();
	print(`  reference = kernel, every byte of outputs and state: ${agreeing} of ${STREAMED} sequences`);

	stage("The firmware on XS: build, boot, flash");
	const streaming = watched("streaming", STREAMED);
	const result = await simulate(model, streamed, {
		onStage: (name, text) => {
			if (name === "built") print(`  built XS and the firmware: ${relative(process.cwd(), text)}`);
			else if (name === "loaded")
				print(`  booted; sent the blob over the link into partition ${text}; its golden vectors pass`);
			else {
				print(`  power off, power on: ${text} found its model in flash`);
				stage("Held-out sequences, streamed into the classifier on XS");
			}
		},
		onRow: ({ row }) => streaming.onProgress(row + 1),
	});
	streaming.done();
	print(
		`  accuracy on XS: ${percent(result.right / result.count)} of these ${result.count} sequences, on the kernel ${percent(streamedRight)}`,
	);
	print(`  XS = kernel, every byte of outputs: ${result.agreeing} of ${result.count} sequences`);

	stage("What it costs");
	print(
		`  time per step of ${test.channels} channels, on this machine: ${result.microsecondsPerStep!.toFixed(2)} microseconds`,
	);
	print("  RAM by purpose, bytes:");
	print(ramTable(result.ram).replace(/^/gm, "  "));
	print(
		`\nDone in ${duration((performance.now() - started) / 1000)}. Next: npx edge-ssm inspect ${relative(process.cwd(), path)}`,
	);
	if (agreeing !== STREAMED || result.agreeing !== STREAMED)
		throw new UserError("Reference, kernel and XS do not agree; this build must not be used.");
}
