// Measures a running device: memory by purpose, time per sample and per sequence, against the host's predictions. Asks over the
// link only what every firmware build answers. A figure the target does not have is null, never 0.

import type { DeviceClient, DeviceInfo } from "../device/client";
import type { BlobModel } from "../evaluation/model-file";
import { arenaComponents, type BlobComponents, blobComponents } from "../packing/components";
import { UserError } from "../terminal/errors";
import { type Prediction, predict } from "./prediction";
import { type Statistics, statistics } from "./statistics";

/** A figure; null: unknown to the target. */
export type Known = number | null;

export interface MemoryByPurpose {
	/** Bytes, as counted by the device's kernel; by component from the layout, which needs the blob. */
	arena: { total: number; parts: Record<string, number> | null };
	/** XS slots of `slotBytes`; `atStart`: built-ins and code, which a device has in flash. */
	slotBytes: Known;
	slots: { used: Known; peak: Known; reserved: Known; atStart: Known };
	/** Bytes. */
	chunks: { used: Known; peak: Known; reserved: Known; atStart: Known };
	/** Slots. */
	stack: { used: Known; peak: Known; total: Known };
	/** Bytes of native stack never used. */
	nativeStackUnused: Known;
	/** Bytes of system heap. */
	heap: { free: Known; freeMinimum: Known; largestBlock: Known };
}

/** One duration by the two clocks; null where a target lacks one. */
export interface Timing {
	microseconds: Statistics | null;
	/** Cycles or instructions. */
	counter: Statistics | null;
}

export interface Compared {
	what: string;
	unit: "bytes" | "instructions";
	predicted: number;
	measured: number;
	/** measured - predicted. */
	difference: number;
}

export interface Measurement {
	target: string;
	firmware: string;
	/** Toolchain of the firmware, by its own report. */
	toolchain: string | null;
	/** Unit of the CPU counter. */
	counted: string | null;
	model: {
		identity: string;
		slot: number;
		sequence: number;
		blobBytes: number;
		channels: number;
		outputs: number;
		H: number;
		blocks: number;
	};
	memory: MemoryByPurpose;
	/** The blob in flash by component; null without the blob. */
	blob: BlobComponents | null;
	time: {
		/** Steps of the sequence. */
		steps: number;
		sample: Timing;
		sequence: Timing;
		/** The sequence through the classifier, `chunk` samples per call. */
		stream: Timing;
		chunk: number;
		/** A stream from JavaScript relative to the kernel's sequence from its start, which also fills the arena's rows; by medians. */
		overhead: number | null;
		/** 95th percentile relative to the median, minus 1: a smaller overhead is indistinguishable from noise. */
		noise: number | null;
	};
	compared: Compared[];
	raw: {
		memory: Record<string, number>;
		timings: { what: string; clock: string; steps: number; chunk: number; values: number[] }[];
	};
}

export interface MeasureOptions {
	/** The model on the device; without it components and predictions are unknown. */
	model?: BlobModel;
	/** Runs per timing, at least 100. */
	runs?: number;
	onProgress?: (done: number, total: number) => void;
}

export const FEWEST_RUNS = 100;
const WARM_UP_RUNS = 10;
/** Maximum per request. */
const MOST_RUNS = 129;
/** Use fewer runs per request when one would take longer than this. */
const MILLISECONDS_A_REQUEST = 2000;
const CHUNK = 16;
/** For a model of sequences of any length. */
const STEPS = 100;

type Clock = "MICROSECONDS" | "COUNTER";

/** @throws UserError when the device has no model or not `model` */
export async function measure(
	client: DeviceClient,
	{ model, runs = FEWEST_RUNS, onProgress }: MeasureOptions = {},
): Promise<Measurement> {
	const info = await client.info();
	const running = runningModel(info, model);
	const { counted } = info;
	const steps = running.steps || STEPS;
	// an emulator derives microseconds from its instructions: not a second figure
	const clocks: Clock[] =
		counted === "instructions" ? ["COUNTER"] : counted ? ["MICROSECONDS", "COUNTER"] : ["MICROSECONDS"];
	const plan = [
		{ what: "clock", steps: 0, chunk: 0 },
		{ what: "sample", steps: 1, chunk: 0 },
		{ what: "sequence", steps, chunk: 0 },
		{ what: "stream", steps, chunk: CHUNK },
	].flatMap((timed) => clocks.map((clock) => ({ ...timed, clock })));
	const timings: Measurement["raw"]["timings"] = [];
	let done = 0;
	for (const timed of plan) {
		const tell = (runsDone: number) => onProgress?.(done + runsDone, plan.length * (WARM_UP_RUNS + runs));
		timings.push({ ...timed, values: await time(client, timed, runs, tell) });
		done += WARM_UP_RUNS + runs;
	}
	const figures = await client.memory();
	const predicted = model && predict(model.bytes, model.network);

	const of = (what: string, clock: Clock): Statistics | null => {
		const values = (name: string) => timings.find((t) => t.what === name && t.clock === clock)?.values;
		const timed = values(what);
		return timed ? statistics(timed, statistics(values("clock")!).median) : null;
	};
	const timing = (what: string): Timing => ({
		microseconds: of(what, "MICROSECONDS"),
		counter: of(what, "COUNTER"),
	});
	const sequence = timing("sequence");
	const stream = timing("stream");
	const finest = counted ? "counter" : "microseconds";
	const kernelAlone = sequence[finest]!.median;
	const spread = ({ median, p95 }: Statistics) => p95 / median - 1;
	return {
		target: info.target,
		firmware: info.firmware,
		toolchain: info.toolchain ?? null,
		counted: counted ?? null,
		model: {
			identity: Buffer.from(running.identity).toString("hex"),
			slot: running.slot,
			sequence: running.sequence,
			blobBytes: running.length,
			channels: running.channels,
			outputs: running.outputs,
			H: running.heads,
			blocks: running.blocks,
		},
		memory: byPurpose(running.arenaBytes, figures, model),
		blob: model ? blobComponents(model.bytes, model.network) : null,
		time: {
			steps,
			sample: timing("sample"),
			sequence,
			stream,
			chunk: CHUNK,
			overhead: kernelAlone > 0 ? stream[finest]!.median / kernelAlone - 1 : null,
			noise: kernelAlone > 0 ? Math.max(spread(sequence[finest]!), spread(stream[finest]!)) : null,
		},
		compared: predicted
			? compare(predicted, running, counted === "instructions" ? kernelAlone / steps : undefined)
			: [],
		raw: { memory: figures, timings },
	};
}

function runningModel(info: DeviceInfo, model: BlobModel | undefined): NonNullable<DeviceInfo["model"]> {
	const running = info.model;
	if (running === undefined)
		throw new UserError('The device has no model to measure; give it one with "edge-ssm flash".');
	if (model !== undefined && !Buffer.from(model.bytes.subarray(16, 48)).equals(running.identity))
		throw new UserError(
			'The device runs another model than the one given; flash this one with "edge-ssm flash", or leave it out.',
		);
	return running;
}

/** All runs of one kind, in short requests. */
async function time(
	client: DeviceClient,
	{ steps, chunk, clock }: { steps: number; chunk: number; clock: Clock },
	runs: number,
	tell: (done: number) => void,
): Promise<number[]> {
	const values: number[] = [];
	let atOnce = 1;
	while (values.length < WARM_UP_RUNS + runs) {
		const count = Math.min(atOnce, MOST_RUNS, WARM_UP_RUNS + runs - values.length);
		const start = performance.now();
		values.push(...(await client.timing(count, steps, { chunk, clock })));
		const milliseconds = (performance.now() - start) / count;
		atOnce = Math.max(1, Math.floor(MILLISECONDS_A_REQUEST / milliseconds));
		tell(values.length);
	}
	return values.slice(WARM_UP_RUNS);
}

function byPurpose(
	arena: number,
	figures: Record<string, number>,
	model: BlobModel | undefined,
): MemoryByPurpose {
	const figure = (name: string): Known => figures[name] ?? null;
	let parts: Record<string, number> | null = null;
	if (model) {
		const { total: _, ...components } = arenaComponents(model.network);
		parts = components;
	}
	return {
		arena: { total: arena, parts },
		slotBytes: figure("slotBytes"),
		slots: {
			used: figure("slotsUsed"),
			peak: figure("slotsPeak"),
			reserved: figure("slotsReserved"),
			atStart: figure("slotsAtStart"),
		},
		chunks: {
			used: figure("chunkBytesUsed"),
			peak: figure("chunkBytesPeak"),
			reserved: figure("chunkBytesReserved"),
			atStart: figure("chunkBytesAtStart"),
		},
		stack: {
			used: figure("stackSlotsUsed"),
			peak: figure("stackSlotsPeak"),
			total: figure("stackSlotsTotal"),
		},
		nativeStackUnused: figure("nativeStackFreeMinimum"),
		heap: {
			free: figure("heapFree"),
			freeMinimum: figure("heapFreeMinimum"),
			largestBlock: figure("heapLargestBlock"),
		},
	};
}

function compare(
	predicted: Prediction,
	running: { arenaBytes: number; length: number },
	instructions: number | undefined,
): Compared[] {
	const row = (what: string, unit: Compared["unit"], prediction: number, measured: number): Compared => ({
		what,
		unit,
		predicted: prediction,
		measured,
		difference: measured - prediction,
	});
	return [
		row("arena", "bytes", predicted.arena, running.arenaBytes),
		row("blob", "bytes", predicted.blob, running.length),
		...(instructions === undefined
			? []
			: [row("a step of the kernel", "instructions", predicted.instructions, Math.round(instructions))]),
	];
}
