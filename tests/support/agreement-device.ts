// Runs on XS, on the host and on rv32: every network of a flash partition on the native kernel, a line of log for each with what
// came out (agreement.ts).
import Kernel from "edge-ssm/kernel";
import { log } from "edge-ssm/memory";
import Flash from "flash";
import { crc32 } from "../../src/bytes/crc32";
import { agreementSamples } from "./agreement-samples";

/** Steps that each network sees, in calls of `CHUNK` at most. */
const STEPS = 60;
const CHUNK = 7;

/** @param more what else to log of network `i` */
export function runAll(
	partition: string,
	more: (i: number, blob: Uint8Array, samples: Int16Array) => string = () => "",
): void {
	const flash = new Flash(partition).map();
	const view = new DataView(flash);
	const count = view.getUint32(0, true);
	for (let i = 0; i < count; i++) {
		const seed = view.getUint32(4 + 12 * i, true);
		const blob = new Uint8Array(flash, view.getUint32(8 + 12 * i, true), view.getUint32(12 + 12 * i, true));
		const kernel = new Kernel(blob);
		const { channels } = kernel;
		const samples = agreementSamples(seed, STEPS, channels);
		for (let step = 0; step < STEPS; step += CHUNK)
			kernel.write(samples.buffer, 2 * step * channels, Math.min(CHUNK, STEPS - step));
		const outputs = new Int32Array(kernel.outputCount);
		kernel.outputs(outputs.buffer);
		const state = new Uint8Array(kernel.stateSize);
		kernel.saveState(state.buffer);
		kernel.close();
		log(`${seed} kernel ${outputs.join()} ${crc32(state)}${more(i, blob, samples)}`);
	}
}
