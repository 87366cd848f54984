// edge-ssm inspect: content of a blob, its needs and savings.
import { Command } from "commander";
import { readContainer } from "../../src/blob/container";
import { FORMAT_VERSION } from "../../src/blob/schema";
import { macsPerStep } from "../../src/network/macs";
import { arithmeticVersion } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { exportCheckpoint } from "../checkpoints/export";
import type { BlobModel, ReadModel } from "../evaluation/model-file";
import { checkWritable } from "../files/write";
import { parameterCount } from "../float/model";
import { kindsLeftOut } from "../measure/kinds";
import { arenaComponents, blobComponents, type Saving, saving } from "../packing/components";
import { namedArena, namedComponents } from "../packing/names";
import { endsText, layerText } from "../quantization/precision";
import { precisionOf } from "../quantization/precision-of";
import { shapeOf, shapeText, shapeTraits } from "../quantization/shape";
import { UserError } from "../terminal/errors";
import { byteTable, grouped, heading, print, printJson, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { addCheckpointOptions, type CheckpointFlags, describe, readModel } from "./checkpoint";
import { jsonOption } from "./options";
import { streamText } from "./thresholds";

interface Options extends CheckpointFlags {
	output?: string;
	json?: boolean;
	kinds?: boolean;
}

export function inspectCommand(): Command {
	const command = new Command("inspect")
		.description(
			"Shows a blob's shapes, precisions, bytes and RAM, runs its golden vectors on the reference, and compares its size with float32. For a float checkpoint it shows how the file was interpreted: its metadata and what is assumed.",
		)
		.argument("<model>", "blob (.essm) or float checkpoint (.safetensors, .pt)")
		.option("-o, --output <file>", "for a checkpoint: rewrite it with everything stated in its metadata")
		.option(
			"--kinds",
			"for a blob: print a manifest of the Moddable SDK that leaves out of the kernel every kind that the model does not need",
		)
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExamples:\n  edge-ssm inspect motion.essm\n  edge-ssm inspect motion.essm --kinds > kinds.json",
		)
		.action(run);
	return addCheckpointOptions(command);
}

function run(path: string, options: Options): void {
	const model = readModel(path, options, true);
	if (options.kinds) printKinds(path, model);
	else if (model.kind === "checkpoint") inspectCheckpoint(path, model, options);
	else if (options.output !== undefined)
		throw new UserError(`${path} is a blob; --output is for float checkpoints.`);
	else inspectBlob(path, model, options.json);
}

function printKinds(path: string, model: BlobModel | ReadModel): void {
	if (model.kind === "checkpoint") throw new UserError(`${path} is a checkpoint; --kinds is for blobs.`);
	const without = Object.fromEntries(
		kindsLeftOut(model.network).map((name) => [`without_${name.toLowerCase()}`, 1]),
	);
	printJson({ defines: { essm: without } });
}

function inspectCheckpoint(
	path: string,
	{ model, interpretation }: ReadModel,
	{ output, json }: Options,
): void {
	if (output !== undefined) {
		checkWritable(output, path);
		exportCheckpoint(model, output);
	}
	const parameters = parameterCount(model);
	const training = model.metadata.training_data;
	if (json) {
		printJson({ kind: "checkpoint", parameters, labels: model.labels, checkpoints: [interpretation] });
		return;
	}
	print(describe(interpretation));
	print(`  ${grouped(parameters)} parameters; ${model.head.kind}: ${printable(model.labels.join(", "))}`);
	if (training !== undefined) print(`  trained on: ${printable(training)}`);
	if (output !== undefined) print(`${output}: the same network, everything stated`);
	const flagged =
		output === undefined && Object.values(interpretation.settings).some(({ from }) => from === "flag");
	print(`next: edge-ssm quantize ${output ?? path} --data … -o …${flagged ? ", with the same flags" : ""}`);
}

function inspectBlob(path: string, { bytes, network }: BlobModel, json?: boolean): void {
	const header = readContainer(bytes);
	const { labels, steps, rate, input } = network;
	const shape = shapeOf(network);
	const traits = shapeTraits(shape);
	const reference = new Reference(network);
	const passed = network.golden.filter(({ samples, outputs }) =>
		runSequence(reference, network, samples).every((output, k) => output === outputs[k]),
	).length;
	const components = blobComponents(bytes, network);
	const arena = arenaComponents(network);
	const precision = precisionOf(network);
	const layers = precision.layers.map(layerText);
	const ends = endsText(precision);
	const saved = saving(bytes, network);
	const golden = { passed, total: network.golden.length };
	const identity = Buffer.from(header.identity).toString("hex");

	if (json)
		printJson({
			shape,
			labels,
			...traits,
			steps,
			rate,
			precisions: { layers, ...ends },
			bytes: components,
			arena,
			saving: saved,
			macsPerStep: macsPerStep(network),
			...(network.stream && { stream: { ...network.stream, thresholds: [...network.stream.thresholds] } }),
			golden,
			identity,
			version: header.version,
			signed: header.signature !== undefined,
			notes: network.notes,
		});
	else {
		print(
			`${heading(path)}  ${grouped(bytes.length)} bytes, format ${FORMAT_VERSION}, arithmetic edge-ssm.int.v${arithmeticVersion(network)}`,
		);
		print(
			table([
				["shapes", shapeText(shape, true)],
				["labels", labels.join(", ")],
				[
					"input",
					input.map(({ name, unit }, c) => `${name || `channel ${c}`}${unit && ` (${unit})`}`).join(", "),
				],
				["made for", `${steps || "any number of"} steps${rate > 0 ? ` at ${rate} samples per second` : ""}`],
				...(network.stream ? [["stream", streamText(network.stream, labels)]] : []),
				...Object.entries(traits),
				["work", `${grouped(macsPerStep(network))} multiply-accumulates per step`],
				["identity", identity],
				["model version", header.version],
				["signature", header.signature ? "there, not checked" : "none"],
			]),
		);
		print(heading("precisions (bits)"));
		const columns = [...new Set(layers.flatMap((bits) => Object.keys(bits)))];
		print(
			table([
				["", ...columns],
				...layers.map((bits, l) => [`layer ${l}`, ...columns.map((key) => bits[key] ?? "")]),
			]),
		);
		print(
			`  ${Object.entries(ends)
				.map(([key, bits]) => `${key} ${bits}`)
				.join(", ")}`,
		);
		print(heading("bytes by component"));
		print(byteTable(namedComponents(components)));
		print(heading("arena (RAM of the kernel) by purpose, bytes"));
		print(byteTable(namedArena(arena)));
		print(heading("against float32, parameters plus state"));
		print(saved ? savingTable(saved) : "  unknown: the notes do not describe the float network");
		print(heading("golden vectors"));
		print(`  ${passed} of ${golden.total} pass on the reference`);
	}
	if (passed !== golden.total)
		throw new UserError(`${golden.total - passed} golden vectors of ${path} fail; do not use this blob.`);
}

function savingTable(saved: Saving): string {
	return table([
		[
			"float32",
			saved.floatBytes,
			`= 4 (${grouped(saved.parameters)} parameters + ${grouped(saved.stateValues)} state values), before any pruning`,
		],
		[
			"integers",
			saved.parameterBytes + saved.stateBytes,
			`= ${grouped(saved.parameterBytes)} of encoder, blocks and head with scales + ${grouped(saved.stateBytes)} of state`,
		],
		["saved", `${saved.percent.toFixed(1)} %`],
	]);
}
