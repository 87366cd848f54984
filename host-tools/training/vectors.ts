// Networks over many sequences at once: the trainer's forward pass, which in integers gives the kernel's bytes many times faster.
// It needs a C compiler on first use; without one, or where a kind is not built into it, callers go sequence by sequence.
import { existsSync } from "node:fs";
import { freemem } from "node:os";
import { macsPerStep } from "../../src/network/macs";
import { headKind, type Network } from "../../src/network/network";
import type { Dataset } from "../datasets/dataset";
import { projectPath } from "../files/project";
import { type FloatModel, floatMacs } from "../float/model";
import { UserError } from "../terminal/errors";
import { NativeTrainer } from "./native";
import { LIBRARY } from "./native-library";
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
	const kind = headKind(head);
	const outputs = kind.outputs(head) * (kind.perStep(head) ? T : 1);
	const shape = { heads: H, channels: input.length, outputs, operations };
	const native = new NativeTrainer(shape, { T, batch, threads });
	native.quantize(integers);
	return native;
}

/**
 * The forward pass of a float network, or of a quantized one, whose outputs are its integers, for the rows of `dataset`; must be
 * closed. undefined where there is none, too little work for it or too little memory.
 * @param worth multiply-accumulates from which on it is worth while
 */
export function openVectors(
	of: { model: FloatModel } | { network: Network },
	{ T, count, lengths }: Dataset,
	threads: number,
	worth = existsSync(projectPath(LIBRARY)) ? WORTH_OPENING : WORTH_BUILDING,
): NativeTrainer | undefined {
	// In floating point such a head gives what training fits, not what it means.
	if ("model" in of && "scale" in of.model.head) return undefined;
	const steps = lengths.subarray(0, count).reduce((a, b) => a + b, 0);
	const work = steps * ("model" in of ? floatMacs(of.model) : macsPerStep(of.network));
	if (work < worth) return undefined;
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
