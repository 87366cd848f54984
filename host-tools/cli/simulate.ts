// edge-ssm simulate: a blob in the firmware on XS, on this machine.

import { Command, Option } from "commander";
import type { Dataset } from "../datasets/dataset";
import { drawnText } from "../datasets/split";
import { SIMULATED, type SimulatedTarget } from "../evaluation/device";
import { readBlobFile } from "../evaluation/model-file";
import { type Simulation, simulate } from "../evaluation/simulate";
import { taskOf } from "../task/fit";
import { openForHead } from "../task/open";
import { grouped, heading, percent, print, printJson } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { DATA_HELP, jsonOption, limitOption, limitSeedOption, splitOption } from "./options";
import { ramTable } from "./ram-table";

interface Options {
	data?: string;
	split: "train" | "test";
	limit: number;
	seed?: number;
	target: SimulatedTarget;
	json?: boolean;
}

export function simulateCommand(): Command {
	return new Command("simulate")
		.description(
			"Boots the firmware on XS on this machine, loads a blob through its flash partition, streams sequences into it and compares every result with the kernel.",
		)
		.argument("<model>", "blob (.essm)")
		.option("--data <source>", `sequences to stream: ${DATA_HELP}; without it only the golden vectors run`)
		.addOption(
			new Option(
				"--target <name>",
				"host: a native program; rv32: bare metal on an emulated RV32IMC, 320 KB of RAM",
			)
				.choices(SIMULATED)
				.default("host"),
		)
		.addOption(splitOption())
		.addOption(limitOption().default(20))
		.addOption(limitSeedOption())
		.addOption(jsonOption())
		.addHelpText("after", "\nExample:\n  edge-ssm simulate motion.essm --data motion --limit 50")
		.action(run);
}

async function run(path: string, { data, split, limit, seed, target, json }: Options): Promise<void> {
	const model = readBlobFile(path);
	const dataset =
		data === undefined ? undefined : await openForHead(model.network.head, data, split, { limit, seed });
	const { labels } = model.network;
	let progress: Progress | undefined;
	const result = await simulate(model, dataset, {
		target,
		onRow: ({ row, result, agrees }) => {
			if (json) {
				progress ??= new Progress("streaming", dataset!.count, "sequences");
				progress.update(row + 1);
			} else
				print(
					`  sequence ${row}: ${taskOf(dataset!).resultText(labels, dataset!.targets, row, result)}${agrees ? "" : "  differs from the kernel"}`,
				);
		},
	});
	progress?.done();
	if (json) printJson({ ...result, drawn: dataset?.drawn ?? null });
	else printResult(result, target, dataset, model.network.detector !== undefined);
}

function printResult(
	{ firmware, golden, count, right, agreeing, ram, microsecondsPerStep }: Simulation,
	target: SimulatedTarget,
	dataset: Dataset | undefined,
	scored: boolean,
): void {
	print(`${heading(firmware)}: ${golden} golden vectors pass`);
	if (dataset) {
		if (taskOf(dataset).counts)
			print(`${percent(right / count)} of ${grouped(count)} sequences${drawnText(dataset.drawn)} are right`);
		print(
			`outputs${scored ? " and scores" : ""} equal the kernel's, byte for byte, on ${agreeing} of ${count}`,
		);
	}
	if (microsecondsPerStep !== undefined)
		print(
			`${microsecondsPerStep.toFixed(2)} microseconds per step ${target === "rv32" ? "of 160 instructions each" : "on this machine"}`,
		);
	print(heading("RAM by purpose, bytes"));
	print(ramTable(ram));
}
