// Golden vectors: the sequences in a blob with their exact expected outputs. Run in place, without copying.
import { type GoldenPlace, goldenPlaces as placesIn } from "../blob/container";
import type { Kernel, Model } from "./model";

/** Locates a model's golden vectors. @throws BlobError when they do not fill their section */
export function goldenPlaces({
	blob,
	container,
	channels,
	outputs,
	perStep,
	maxSteps,
}: Model): GoldenPlace[] {
	return placesIn(blob, container, { channels, outputs, perStep, limit: maxSteps });
}

/** Runs all golden vectors of the kernel's own model; leaves the kernel reset. Integers: the match is exact. */
export function selfTest(kernel: Kernel, model: Model): { passed: number; total: number } {
	const places = goldenPlaces(model);
	const view = new DataView(model.blob.buffer, model.blob.byteOffset, model.blob.byteLength);
	const outputs = new Int32Array(model.outputs);
	let passed = 0;
	for (const place of places) {
		kernel.reset();
		let right = true;
		const now = model.perStep ? 1 : place.steps;
		for (let step = 0, at = place.outputs; step < place.steps; step += now) {
			kernel.write(model.blob, place.samples + 2 * model.channels * step, now);
			kernel.outputs(outputs.buffer as ArrayBuffer);
			for (let i = 0; i < outputs.length; i++, at += 4)
				if (outputs[i] !== view.getInt32(at, true)) right = false;
		}
		if (right) passed++;
	}
	kernel.reset();
	return { passed, total: places.length };
}
