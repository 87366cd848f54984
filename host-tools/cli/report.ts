// edge-ssm report: a blob, and the search that made it, as one page.
import { Command } from "commander";
import { gather } from "../report/report";
import { print, printJson } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { addCheckpointOptions, type CheckpointFlags, readFloat } from "./checkpoint";
import { DATA_HELP, jsonOption, limitOption, limitSeedOption, whole } from "./options";

interface Options extends CheckpointFlags {
	output: string;
	data?: string;
	checkpoint?: string;
	limit?: number;
	seed?: number;
	threads?: number;
	json?: boolean;
}

export function reportCommand(): Command {
	const command = new Command("report")
		.description("Writes one self-contained HTML page, its numbers as JSON and its charts as SVG files.")
		.argument("<model>", "blob (.essm) or the search result next to it (.search.json)")
		.requiredOption("-o, --output <folder>", "folder to write to")
		.option("--data <source>", `evaluate on the test split of ${DATA_HELP}`)
		.option("--checkpoint <file>", "the float checkpoint to compare with: memory, and with --data accuracy")
		.addOption(limitOption())
		.addOption(limitSeedOption())
		.option("--threads <n>", "threads", whole(1, 64))
		.addOption(jsonOption())
		.addHelpText("after", "\nExample:\n  edge-ssm report best.essm --data motion -o report/")
		.action(run);
	return addCheckpointOptions(command);
}

async function run(path: string, options: Options): Promise<void> {
	const { output, json, checkpoint, ...rest } = options;
	const read = checkpoint === undefined ? undefined : readFloat(checkpoint, options, json);
	let progress: Progress | undefined;
	const data = await gather(path, {
		...rest,
		...(read && { checkpoint: { kind: "checkpoint" as const, model: read.model } }),
		command: `edge-ssm ${process.argv.slice(2).join(" ")}`,
		onProgress: (done, of) => {
			progress ??= new Progress("evaluating on the test split", of, "sequences");
			progress.update(done);
		},
	});
	progress?.done();
	// Drawing needs packages that no other command does.
	const { writeReport } = await import("../report/write");
	const files = await writeReport(output, data);
	if (json) printJson({ files, ...(read && { checkpoints: [read.interpretation] }) });
	else print(files.join("\n"));
}
