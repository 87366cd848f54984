// Runs on XS, for xs-agreement.test.ts: every network on the native kernel, and some on the reference interpreter as XS runs it.
import { readBlob } from "../../src/blob/read";
import { crc32 } from "../../src/bytes/crc32";
import { Reference } from "../../src/reference/reference";
import { runAll } from "./agreement-device";

/** Every so many networks one runs on the reference as well. */
const REFERENCE_EVERY = 5;

export default function () {
	runAll("networks", (i, blob, samples) => {
		if (i % REFERENCE_EVERY !== 0) return "";
		const reference = new Reference(readBlob(blob));
		reference.write(samples);
		return ` reference ${reference.outputs().join()} ${crc32(reference.stateBytes())}`;
	});
}
