// What the application measures of itself on request. Figures only: statistics are the host's business.
import { goldenPlaces } from "../../src/classifier/golden";
import type { Kernel, Model } from "../../src/classifier/model";

/**
 * Time of `steps` steps on a kernel that begins anew, on the samples of the first golden vector, over and over.
 * @param microseconds a clock that never goes back
 * @returns microseconds, or undefined when the model has no golden vectors. The kernel is reset afterwards.
 */
export function timeSteps(
	kernel: Kernel,
	model: Model,
	steps: number,
	microseconds: () => number,
): number | undefined {
	const golden = goldenPlaces(model)[0];
	if (golden === undefined) return undefined;
	kernel.reset();
	const start = microseconds();
	for (let left = steps; left > 0; left -= golden.steps)
		kernel.write(model.blob, golden.samples, Math.min(left, golden.steps));
	const elapsed = microseconds() - start;
	kernel.reset();
	return elapsed;
}
