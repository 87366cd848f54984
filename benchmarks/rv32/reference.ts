// Runs on XS, for benchmarks/javascript.ts: the reference interpreter on a blob's first golden vector; logs the instructions
// its steps took. The blob is at the start of the flash. Not in any firmware.
import { count, log } from "edge-ssm/memory";
import Flash from "flash";
import { readBlob } from "../../src/blob/read";
import { Reference } from "../../src/reference/reference";

export default function () {
	const network = readBlob(new Uint8Array(new Flash("model_a").map()));
	const channels = network.input.length;
	const { samples, outputs } = network.golden[0]!;
	const reference = new Reference(network);
	let instructions = 0;
	for (let at = 0; at < samples.length; at += channels) {
		const sample = samples.subarray(at, at + channels);
		const before = count()!;
		reference.write(sample);
		instructions += (count()! - before) >>> 0; // the counter has 32 bits, a step far fewer
	}
	if (reference.outputs().join() !== outputs.join()) throw new Error("the golden outputs do not match");
	log(`instructions ${instructions}`);
}
