// Choice of batch size: large enough for steady gradients and full vectors, within memory.
import { freemem } from "node:os";
import type { FloatModel } from "../float/model";
import { UserError } from "../terminal/errors";
import { bytesPerSequence } from "./operations/network";

const LARGEST = 64;
/** Most machines process sequences in vectors of eight; fewer save nothing. */
const SMALLEST = 8;
/** Maximum memory of an automatically chosen batch. */
const BYTES = 768 * 2 ** 20;

/** About 20 updates per epoch for a small data set, full vectors for a large one. @param count training sequences */
export function usualBatch(count: number): number {
	return Math.min(LARGEST, Math.max(SMALLEST, SMALLEST * Math.round(count / (20 * SMALLEST))));
}

/**
 * The requested batch size, or the usual one as far as it fits memory.
 *
 * @param count training sequences
 * @throws UserError when the requested batch, or the smallest, does not fit memory
 */
export function chooseBatch(asked: number | undefined, model: FloatModel, count: number, T: number): number {
	const each = bytesPerSequence(model, T);
	let batch = asked ?? usualBatch(count);
	if (asked === undefined) while (batch > SMALLEST && batch * each > BYTES) batch -= SMALLEST;
	const needed = Math.max(SMALLEST, batch) * each;
	if (needed > freemem())
		throw new UserError(
			`Training ${batch} sequences of ${T} steps at once needs ${(needed / 2 ** 30).toFixed(1)} GB of memory, more than is free; ` +
				`choose ${batch > SMALLEST ? "a smaller batch" : "shorter sequences or a smaller network"}.`,
		);
	return batch;
}
