// Networks over many sequences at once: the trainer's forward pass, which in integers gives the kernel's bytes many times faster.
// It needs a C compiler on first use; without one, or where a kind is not built into it, callers go sequence by sequence.
import { existsSync } from "node:fs";
import { freemem } from "node:os";
import { headKind, type Network } from "../../src/network/network";
import type { Dataset } from "../datasets/dataset";
import { projectPath } from "../files/project";
import type { FloatModel } from "../float/model";
import { UserError } from "../terminal/errors";
import { LIBRARY, NativeTrainer } from "./native";
import { openNative } from "./open-native";
import { bytesPerIntegerSequence, specsOfIntegers } from "./operations/integers";
import { bytesPerSequence, flattenNetwork } from "./operations/network";

/** Multiply-accumulates for which opening it is worth while, and for which building it is: a second of the kernel, and a minute. */
const WORTH_OPENING = 3e8;
const WORTH_BUILDING = 2e10;

/** Sequences that a vector holds at most, on any machine. */
const LANES = 16;
/** Float32 holds whole numbers up to here. */
export const EXACT = 2 ** 24;

/** Memory that batches may take. */
const BYTES = 2 ** 29;

function openIntegers(network: Network, T: number, batch: number, threads: number): NativeTrainer {
	const { H, input, head } = network;
	const operations = specsOfIntegers(network);
	const integers = flattenNetwork(network);
	const shape = { heads: H, channels: input.length, outputs: headKind(head).outputs(head), operations };
	const native = new NativeTrainer(shape, { T, batch, threads });
	native.quantize(integers);
	return native;
}

/**
 * The forward pass of a float or a quantized network over rows like those of `dataset`; must be closed. undefined where there is
 * none, too little work for it or too little memory.
 * @param macs multiply-accumulates of all that is to be run
 */
export function openVectors(
	of: { model: FloatModel } | { network: Network },
	{ T }: Dataset,
	macs: number,
	threads: number,
): NativeTrainer | undefined {
	if (macs < (existsSync(projectPath(LIBRARY)) ? WORTH_OPENING : WORTH_BUILDING)) return undefined;
	const batch = LANES * threads;
	try {
		const bytes = "model" in of ? bytesPerSequence(of.model, T) : bytesPerIntegerSequence(of.network, T);
		if (batch * bytes > Math.min(BYTES, freemem() / 2)) return undefined;
		return "model" in of
			? openNative(of.model, T, batch, threads)
			: openIntegers(of.network, T, batch, threads);
	} catch (error) {
		// No compiler, or a kind that is not built in: there is another way.
		if (error instanceof UserError) return undefined;
		throw error;
	}
}
