// Runs on XS, for xs-agreement.test.ts: every network of a flash partition on the native kernel, and some on the reference
// interpreter as XS runs it; a line of log for each with what came out.
import Kernel from "edge-ssm/kernel";
import { log } from "edge-ssm/memory";
import Flash from "flash";
import { readBlob } from "../../src/blob/read";
import { crc32 } from "../../src/bytes/crc32";
import { Reference } from "../../src/reference/reference";
import { randomSamples } from "./random-network";

/** Steps that each network sees, in calls of `CHUNK` at most. */
export const STEPS = 60;
const CHUNK = 7;
/** Every so many networks one runs on the reference as well. */
const REFERENCE_EVERY = 5;

export default function () {
	const flash = new Flash("networks").map();
	const view = new DataView(flash);
	const count = view.getUint32(0, true);
	for (let i = 0; i < count; i++) {
		const seed = view.getUint32(4 + 12 * i, true);
		const blob = new Uint8Array(flash, view.getUint32(8 + 12 * i, true), view.getUint32(12 + 12 * i, true));
		const kernel = new Kernel(blob);
		const { channels } = kernel;
		const samples = randomSamples(seed, STEPS, channels);
		for (let step = 0; step < STEPS; step += CHUNK)
			kernel.write(samples.buffer, 2 * step * channels, Math.min(CHUNK, STEPS - step));
		const logits = new Int32Array(kernel.outputCount);
		kernel.outputs(logits.buffer);
		const state = new Uint8Array(kernel.stateSize);
		kernel.saveState(state.buffer);
		kernel.close();
		let line = `${seed} kernel ${logits.join()} ${crc32(state)}`;
		if (i % REFERENCE_EVERY === 0) {
			const reference = new Reference(readBlob(blob));
			reference.write(samples);
			line += ` reference ${reference.outputs().join()} ${crc32(reference.stateBytes())}`;
		}
		log(line);
	}
}
