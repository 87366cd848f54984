// Golden vectors: the sequences in a blob with the exact outputs that must come out. Run where they stand, nothing is copied.
import { type GoldenPlace, goldenPlaces as placesIn } from "../blob/container";
import type { Kernel, Model } from "./model";

/** Where the golden vectors of a model stand. @throws BlobError when they do not fill their section */
export function goldenPlaces({ blob, container, channels, outputs, maxSteps }: Model): GoldenPlace[] {
	return placesIn(blob, container, { channels, outputs, limit: maxSteps });
}

/** Runs all golden vectors of the kernel's own model; leaves the kernel reset. Integers only: they match or they don't. */
export function selfTest(kernel: Kernel, model: Model): { passed: number; total: number } {
	const places = goldenPlaces(model);
	const view = new DataView(model.blob.buffer, model.blob.byteOffset, model.blob.byteLength);
	const outputs = new Int32Array(model.outputs);
	let passed = 0;
	for (const place of places) {
		kernel.reset();
		kernel.write(model.blob, place.samples, place.steps);
		kernel.outputs(outputs.buffer as ArrayBuffer);
		if (outputs.every((output, i) => output === view.getInt32(place.outputs + 4 * i, true))) passed++;
	}
	kernel.reset();
	return { passed, total: places.length };
}
