// edge-ssm measure: memory by purpose and time on a device, next to the host's prediction.
import { Command, Option } from "commander";
import { SIMULATED, type SimulatedTarget } from "../evaluation/device";
import { readBlobFile } from "../evaluation/model-file";
import { checkWritable } from "../files/write";
import { type DeviceFacts, withBoard, withSimulated } from "../measure/device";
import { evidenceOf, writeEvidence } from "../measure/evidence";
import { FEWEST_RUNS, type Known, type Measurement, measure, type Timing } from "../measure/measure";
import type { RomComponents } from "../measure/rom";
import { namedArena, namedComponents } from "../packing/names";
import { UserError } from "../terminal/errors";
import { byteTable, grouped, heading, print, printJson, table } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { jsonOption, whole } from "./options";

interface Options {
	port?: string;
	target?: SimulatedTarget;
	runs: number;
	output?: string;
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
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExamples:\n  edge-ssm measure --port /dev/ttyUSB0 motion.essm -o evidence.json\n  edge-ssm measure --target rv32 motion.essm",
		)
		.action(run);
}

async function run(path: string | undefined, options: Options): Promise<void> {
	const { port, target = "host", runs, output, json } = options;
	if (port !== undefined && options.target !== undefined)
		throw new UserError("Give either --port (a board) or --target (a simulated device).");
	if (port === undefined && path === undefined)
		throw new UserError("Give the model (.essm) that the simulated device is to run, or --port for a board.");
	if (output !== undefined) checkWritable(output);
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
	if (json) printJson(evidence);
	else show(measured.measurement, measured.setup);
}

const UNKNOWN = "unknown";

function known(value: Known, unit = ""): string {
	return value === null ? UNKNOWN : `${grouped(value)}${unit}`;
}

const ROM_NAMES: Record<keyof RomComponents, string> = {
	engine: "XS engine",
	application: "built-ins and application",
	kernel: "kernel",
	platform: "bindings, event loop, drivers",
	libraries: "C libraries",
	padding: "padding, less merged strings",
	total: "total",
};

function show(measurement: Measurement, { emulator, rom }: DeviceFacts): void {
	const { target, firmware, toolchain, model, blob, compared } = measurement;
	print(heading(`${firmware} on ${target}${emulator ? ` (${emulator})` : ""}`));
	print(`  made with ${toolchain ?? UNKNOWN}`);
	print(
		`  model ${model.identity.slice(0, 16)}: ${model.H} heads, ${model.blocks} ${model.blocks === 1 ? "block" : "blocks"}, ${model.channels} ${model.channels === 1 ? "channel" : "channels"}, ${model.outputs} outputs`,
	);
	showMemory(measurement);
	print(heading("Flash, bytes"));
	print("  the model's blob");
	print(
		blob
			? byteTable(namedComponents(blob))
			: `  ${grouped(model.blobBytes)}, by component ${UNKNOWN}: give the blob`,
	);
	print("  the firmware");
	if (rom)
		print(table(Object.entries(ROM_NAMES).map(([key, name]) => [name, rom[key as keyof RomComponents]])));
	else
		print(
			`  ${UNKNOWN}: ${target === "host" ? "a program of this machine is not in flash" : "a board does not report it; see the sizes of the images written"}`,
		);
	showTime(measurement);
	print(heading("Prediction"));
	if (compared.length === 0) print(`  ${UNKNOWN}: give the blob`);
	else
		print(
			table([
				["", "predicted", "measured", "difference"],
				...compared.map(({ what, unit, predicted, measured, difference }) => [
					`${what}, ${unit}`,
					predicted,
					measured,
					`${grouped(difference)}${difference === 0 ? " (exact)" : ` (${((100 * difference) / measured).toFixed(1)} %)`}`,
				]),
			]),
		);
}

function showMemory({ memory }: Measurement): void {
	const { arena, slotBytes, slots, chunks, stack, nativeStackUnused, heap } = memory;
	print(heading("RAM by purpose"));
	const bytes = " bytes";
	const rows: string[][] = [["kernel arena", known(arena.total, bytes)]];
	if (arena.parts)
		for (const [name, value] of namedArena(arena.parts))
			if (value > 0) rows.push([`  ${name}`, known(value, bytes)]);
	if (!arena.parts) rows.push(["  by part", `${UNKNOWN}: give the blob`]);
	const inSlots = (of: { used: Known; peak: Known }) =>
		`${known(of.used)} now, ${of.peak === null ? "peak unknown" : `${grouped(of.peak)} at most`}`;
	rows.push(
		[
			`XS slots of ${known(slotBytes)} bytes`,
			`${inSlots(slots)}, ${known(slots.reserved)} reserved; ${slots.atStart === null ? "at the start unknown" : `${grouped(slots.atStart)} of them built-ins and code`}`,
		],
		[
			"XS chunks",
			`${inSlots(chunks)}, ${known(chunks.reserved)} reserved, bytes; at the start ${known(chunks.atStart)}`,
		],
		["XS stack", `${inSlots(stack)}, ${known(stack.total)} in all, slots`],
		["native stack never used", known(nativeStackUnused, bytes)],
		["system heap free", known(heap.free, bytes)],
		["  minimum ever", known(heap.freeMinimum, bytes)],
		["  largest block", known(heap.largestBlock, bytes)],
	);
	print(table(rows));
	const missing = Object.values({ ...slots, ...chunks, ...stack, ...heap, nativeStackUnused }).includes(null);
	if (missing) print(`  ${UNKNOWN}: this target, or a release build on it, does not count them`);
}

function showTime({ time, counted }: Measurement): void {
	const { steps, sample, sequence, stream, chunk } = time;
	print(heading("Time"));
	const rows: (string | number)[][] = [["", "median", "95 %", "worst", "runs"]];
	const add = (what: string, timing: Timing) => {
		for (const [unit, figures] of [
			["microseconds", timing.microseconds],
			[counted ?? "", timing.counter],
		] as const)
			if (figures) rows.push([`${what}, ${unit}`, figures.median, figures.p95, figures.worst, figures.runs]);
	};
	add("a sample", sample);
	add(`a sequence of ${grouped(steps)}`, sequence);
	add(`the same as a stream, ${chunk} per call`, stream);
	print(table(rows));
	if (counted === null) print(`  cycles: ${UNKNOWN}: this target has no CPU counter`);
	if (sequence.microseconds === null)
		print(`  microseconds: ${UNKNOWN}: an emulator's time is its instructions`);
	print(`  JavaScript adds to a step of the kernel, ${chunk} samples per call: ${overheadText(time)}`);
}

/** JavaScript's overhead in words: a figure only if it exceeds the noise of the runs. */
export function overheadText({ overhead, noise }: Pick<Measurement["time"], "overhead" | "noise">): string {
	if (overhead === null || noise === null) return UNKNOWN;
	const percentage = (part: number) => `${(100 * part).toFixed(1)} %`;
	if (overhead < 0 || overhead < noise)
		return `not distinguishable from noise (medians differ by ${percentage(overhead)}, runs by ${percentage(noise)})`;
	return `${percentage(overhead)}${noise > 0 ? `, with noise of ${percentage(noise)}` : ""}`;
}
