// edge-ssm measure: memory by purpose and time on a device, next to the host's prediction.
import { stripVTControlCharacters } from "node:util";
import { Command, Option } from "commander";
import { SIMULATED, type SimulatedTarget } from "../evaluation/device";
import { readBlobFile } from "../evaluation/model-file";
import { checkWritable, writeWhole } from "../files/write";
import { type DeviceFacts, withBoard, withSimulated } from "../measure/device";
import { evidenceOf, writeEvidence } from "../measure/evidence";
import { FEWEST_RUNS, measure } from "../measure/measure";
import { measurementText, reportPage } from "../measure/text";
import { UserError } from "../terminal/errors";
import { print, printJson } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { jsonOption, whole } from "./options";

interface Options {
	port?: string;
	target?: SimulatedTarget;
	runs: number;
	output?: string;
	report?: string;
	json?: boolean;
}

export function measureCommand(): Command {
	return new Command("measure")
		.description(
			"Measures memory by purpose and the time per sample and per sequence, on a board or on a simulated device, next to the host's prediction. Works with every build of the firmware.",
		)
		.argument("[model]", "blob (.essm); optional with --port, but what depends on it is then unknown")
		.option("--port <path>", "serial port of a board, such as /dev/ttyUSB0")
		.addOption(new Option("--target <name>", "simulated device; default: host").choices(SIMULATED))
		.addOption(
			new Option("--runs <n>", "runs of each timing, after the warm-up")
				.argParser(whole(FEWEST_RUNS, 10_000))
				.default(FEWEST_RUNS),
		)
		.option(
			"-o, --output <file>",
			"save the evidence: device, firmware, model, tools, all raw figures (JSON)",
		)
		.option(
			"--report <file>",
			"write a page to send back: a row for the table of boards, the text and all raw figures",
		)
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExamples:\n  edge-ssm measure --port /dev/ttyUSB0 motion.essm -o evidence.json\n  edge-ssm measure --target rv32 motion.essm",
		)
		.action(run);
}

async function run(path: string | undefined, options: Options): Promise<void> {
	const { port, target = "host", runs, output, report, json } = options;
	if (port !== undefined && options.target !== undefined)
		throw new UserError("Give either --port (a board) or --target (a simulated device).");
	if (port === undefined && path === undefined)
		throw new UserError("Give the model (.essm) that the simulated device is to run, or --port for a board.");
	for (const file of [output, report]) if (file !== undefined) checkWritable(file, path);
	const model = path === undefined ? undefined : readBlobFile(path);

	let progress: Progress | undefined;
	const work = async (client: Parameters<typeof measure>[0], setup: DeviceFacts) => ({
		setup,
		measurement: await measure(client, {
			...(model && { model }),
			runs,
			onProgress: (done, total) => {
				progress ??= new Progress("measuring", total, "runs");
				progress.update(done);
			},
		}),
	});
	const measured =
		port === undefined ? await withSimulated(target, model!, work) : await withBoard(port, work);
	progress?.done();
	const evidence = evidenceOf(measured.measurement, measured.setup, process.argv.slice(2));
	if (output !== undefined) writeEvidence(output, evidence);
	const text = measurementText(measured.measurement, measured.setup);
	if (report !== undefined)
		writeWhole(report, Buffer.from(reportPage(evidence, stripVTControlCharacters(text))));
	if (json) printJson(evidence);
	else print(text);
}
