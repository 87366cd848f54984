// Networks on many sequences at once: the trainer's forward pass, which in integers gives the kernel's bytes many times faster.
// It needs a C compiler on first use; without one, or with a kind it lacks, callers go sequence by sequence.
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

/** Multiply-accumulates from which opening and building it pays off: a second of the kernel, and a minute. */
const WORTH_OPENING = 3e8;
const WORTH_BUILDING = 2e10;

/** Maximum number of sequences in a vector, on any machine. */
const LANES = 16;
/** Largest integer up to which float32 is exact. */
export const EXACT = 2 ** 24;

/** Memory limit of batches. */
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
 * The forward pass of a float network, or of a quantized one, whose outputs are its integers, for the rows of `dataset`; must
 * be closed. undefined when unavailable, too little work to pay off, or short of memory.
 * @param worth multiply-accumulates from which it pays off
 */
export function openVectors(
	of: { model: FloatModel } | { network: Network },
	{ T, count, lengths }: Dataset,
	threads: number,
	worth = existsSync(projectPath(LIBRARY)) ? WORTH_OPENING : WORTH_BUILDING,
): NativeTrainer | undefined {
	// In floating point such a head outputs normalized targets, not real values.
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
		// No compiler or a missing kind: callers have another way.
		if (error instanceof UserError) return undefined;
		throw error;
	}
}
