// A measurement in words: for the terminal, and as a page to send back.
import { namedArena, namedComponents } from "../packing/names";
import { byteTable, grouped, heading, table } from "../terminal/output";
import type { DeviceFacts } from "./device";
import type { Evidence } from "./evidence";
import type { Known, Measurement, Timing } from "./measure";
import type { RomComponents } from "./rom";

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

/** All that was measured, for people: lines in aligned columns. */
export function measurementText(measurement: Measurement, { emulator, rom }: DeviceFacts): string {
	const lines: string[] = [];
	const print = (text: string) => lines.push(text);
	const { target, firmware, toolchain, model, blob, compared } = measurement;
	print(heading(`${firmware} on ${target}${emulator ? ` (${emulator})` : ""}`));
	print(`  made with ${toolchain ?? UNKNOWN}`);
	print(
		`  model ${model.identity.slice(0, 16)}: ${model.H} heads, ${model.blocks} ${model.blocks === 1 ? "block" : "blocks"}, ${model.channels} ${model.channels === 1 ? "channel" : "channels"}, ${model.outputs} outputs`,
	);
	showMemory(measurement, print);
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
	showTime(measurement, print);
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
	return lines.join("\n");
}

type Print = (text: string) => void;

function showMemory({ memory }: Measurement, print: Print): void {
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

function showTime({ time, counted }: Measurement, print: Print): void {
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

/** The page that `measure --report` writes: a row for docs/BRINGUP.md, the text, and all raw figures. Plain text: no terminal. */
export function reportPage(evidence: Evidence, text: string): string {
	const { kind, date, measurement, command } = evidence;
	const { target, firmware, toolchain, time } = measurement;
	const per = ({ microseconds }: Timing, steps: number) =>
		microseconds === null ? UNKNOWN : (microseconds.median / steps).toFixed(1);
	return [
		`# edge-ssm on ${target}, ${date.slice(0, 10)}`,
		"",
		`Measured on: ${kind}. Command: \`${command.join(" ")}\``,
		"",
		"| board | chip, revision | firmware | microseconds per step, one sample a call and sixteen | who, when |",
		"| --- | --- | --- | --- | --- |",
		`| ${kind === "board" ? "(board)" : kind} | ${target} | ${firmware}, ${toolchain ?? UNKNOWN} | ${per(time.sample, 1)}, ${per(time.stream, time.steps)} | (you), ${date.slice(0, 10)} |`,
		"",
		"```",
		text,
		"```",
		"",
		"```json",
		JSON.stringify(evidence, undefined, "\t"),
		"```",
		"",
	].join("\n");
}
