// Golden vectors: the sequences in a blob with the exact logits that must come out. Run where they stand, nothing is copied.
import type { Kernel, Model } from "./model";

/** One golden vector: byte offsets from the start of the blob. */
export interface GoldenPlace {
	steps: number;
	samples: number;
	logits: number;
}

/** Where the golden vectors of a model stand. @throws RangeError when they do not fill their section */
export function goldenPlaces(model: Model): GoldenPlace[] {
	const { start, length } = model.header.sections.golden;
	const view = new DataView(model.blob.buffer, model.blob.byteOffset, model.blob.byteLength);
	const places: GoldenPlace[] = [];
	for (let at = start; at < start + length; ) {
		const left = start + length - at;
		const steps = left < 4 ? 0 : view.getUint32(at, true);
		const sampleBytes = (2 * model.channels * steps + 3) & ~3;
		if (steps === 0 || steps > left || 4 + sampleBytes + 4 * model.classes > left)
			throw new RangeError("the golden vectors do not fill their section");
		places.push({ steps, samples: at + 4, logits: at + 4 + sampleBytes });
		at += 4 + sampleBytes + 4 * model.classes;
	}
	return places;
}

/** Runs all golden vectors of the kernel's own model; leaves the kernel reset. Integers only: they match or they don't. */
export function selfTest(kernel: Kernel, model: Model): { passed: number; total: number } {
	const places = goldenPlaces(model);
	const view = new DataView(model.blob.buffer, model.blob.byteOffset, model.blob.byteLength);
	const logits = new Int32Array(model.classes);
	let passed = 0;
	for (const place of places) {
		kernel.reset();
		kernel.write(model.blob, place.samples, place.steps);
		kernel.logits(logits.buffer as ArrayBuffer);
		if (logits.every((logit, i) => logit === view.getInt32(place.logits + 4 * i, true))) passed++;
	}
	kernel.reset();
	return { passed, total: places.length };
}
