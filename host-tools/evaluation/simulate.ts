// A blob in the firmware on XS, end to end: loaded into flash, found there after a power cycle, verified by its golden vectors,
// streamed into, measured.

import { headKind } from "../../src/network/network";
import type { Dataset } from "../datasets/dataset";
import { checkFit } from "../task/fit";
import { buildFirmware, loadBlob, type SimulatedTarget, withDevice, withFlash } from "./device";
import { checkLengths } from "./evaluate";
import type { BlobModel } from "./model-file";
import { type Ram, readRam } from "./ram";
import { type Replayed, replay } from "./replay";

export interface Simulation {
	/** The firmware's name and version, with its target. */
	firmware: string;
	/** Golden vectors that pass; the device refuses a model that fails one. */
	golden: number;
	/** Sequences streamed, how many were right, and for how many every output equalled the kernel's. */
	count: number;
	right: number;
	agreeing: number;
	/** Sequences per second through link, classifier and kernel. */
	rate: number;
	ram: Ram;
	/**
	 * Minimum of several runs, by the target's clock (rv32: a microsecond is 160 instructions); undefined without golden
	 * vectors.
	 */
	microsecondsPerStep: number | undefined;
}

export interface SimulateOptions {
	/** Where the firmware runs; default host. */
	target?: SimulatedTarget;
	/** Called at each stage: "built", "loaded" into a slot, "restarted" from flash. */
	onStage?: (stage: "built" | "loaded" | "restarted", text: string) => void;
	onRow?: (row: Replayed) => void;
}

const TIMED_RUNS = 9;
const TIMED_STEPS = 2000;

/**
 * Runs `model` on the firmware and streams every row of `dataset` into it.
 * @throws UserError when model and data do not match or the device fails
 */
export async function simulate(
	model: BlobModel,
	dataset: Dataset | undefined,
	{ target = "host", onStage, onRow }: SimulateOptions = {},
): Promise<Simulation> {
	if (dataset !== undefined) {
		const { input, encoder, head } = model.network;
		checkFit({ channels: input.length, outputs: headKind(head).outputs(head), encoder, head }, dataset);
		checkLengths(model, dataset);
	}
	const firmware = await buildFirmware(target);
	onStage?.("built", firmware.program);
	return withFlash(async (flashFile) => {
		await withDevice(firmware, flashFile, async (device) => {
			const { slot } = await loadBlob(device, model.bytes);
			onStage?.("loaded", `model_${slot === 0 ? "a" : "b"}`);
		});
		return withDevice(firmware, flashFile, async ({ client, nextResult }) => {
			const info = await client.info();
			onStage?.("restarted", info.firmware);
			const golden = await client.selfTest();
			const start = performance.now();
			const rows = dataset === undefined ? [] : await replay({ client, nextResult }, model, dataset, onRow);
			const seconds = (performance.now() - start) / 1000;
			const ram = await readRam(client);
			const times = golden === 0 ? [] : await client.timing(TIMED_RUNS, TIMED_STEPS);
			return {
				firmware: `${info.firmware} on ${info.target}`,
				golden,
				count: rows.length,
				right: rows.filter(({ right }) => right).length,
				agreeing: rows.filter(({ agrees }) => agrees).length,
				rate: rows.length / seconds,
				ram,
				microsecondsPerStep: times.length === 0 ? undefined : Math.min(...times) / TIMED_STEPS,
			};
		});
	});
}
