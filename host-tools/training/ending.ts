// Explains in a sentence why a run ended and its result.
import type { Gain } from "./choice";
import type { Integers } from "./integers";
import type { Course } from "./record";
import type { TrainResult } from "./run";
import type { Setup } from "./setup";

/** Where a run diverged, and the likely cause. */
function divergence(
	{ native, settings, optimization, like }: Setup,
	{ refusal }: Integers,
	epoch: number,
): string {
	if (refusal) return refusal.replace(/\.$/, "");
	const { step, batchLoss, norm } = native.progress();
	const where = `Training diverged at update ${step + 1} (epoch ${epoch}): the loss was ${batchLoss.toPrecision(3)} and the gradient's length ${norm.toPrecision(3)}`;
	const { rate, ssmRate, clip } = settings;
	if (step < 1)
		return `${where}. Nothing was learned yet, so the starting weights or the input scaling do not fit these data`;
	if (!optimization.clip) return `${where}. Gradients are not clipped (clip ${clip}): clip at 1`;
	if (like.blocks[0]!.norm.kind === "none")
		return `${where}. Without norms the rate must be lower: try ${(rate / 10).toPrecision(1)} instead of ${rate}, or norms`;
	return `${where}. The learning rate is probably too high: try ${(rate / 10).toPrecision(1)} instead of ${rate} (and ${(ssmRate / 10).toPrecision(1)} instead of ${ssmRate} for the SSM)`;
}

/** Whether the held-out loss is significantly lower than without training. */
export const isTold = ({ mean, error }: Gain) => mean > 2 * error;

const percent = (part: number | null) => `${(100 * part!).toFixed(1)} %`;

function whatIsKept({ best, untrained }: Course): string {
	if (!best) return "no checkpoint was kept";
	if (untrained && best.quantization !== null && !best.gain)
		return "no epoch was better than rounding without training, which is kept";
	if (best.epoch > 0) return `the checkpoint of epoch ${best.epoch} is kept`;
	return "the current weights are kept, not validated";
}

/** Compares training through the quantizer with no training. */
function comparison({ validation, settings }: Setup, { best, untrained }: Course): string {
	if (!best || settings.quantize === undefined) return "";
	if (best.quantization === null)
		return " It is in floating point: the epochs through the quantizer had not started.";
	const plain = 'rounding without training ("edge-ssm quantize")';
	if (!validation && untrained) {
		const [trained, rounded] = [best, untrained].map(({ loss }) => loss!.toPrecision(2));
		const on = "On changed copies of training sequences";
		return best.gain
			? ` ${on} it is ${trained} from the float network's answers and the labels, ${plain} ${rounded}.`
			: ` ${on} none is nearer beyond chance to the float network's answers and the labels than ${plain}, ${rounded}.`;
	}
	if (!validation) return ` Nothing was held out to compare it with ${plain}.`;
	if (!untrained || !best.gain) return "";
	if (best.accuracy === null) {
		const losses = `the held-out loss is ${best.loss!.toPrecision(3)}, ${untrained.loss!.toPrecision(3)} with ${plain}`;
		return isTold(best.gain) ? ` ${losses}.` : ` ${losses}: the difference is not significant.`;
	}
	const figures = `${percent(best.accuracy)} of ${validation.count} held-out sequences are right, ${percent(untrained.accuracy)} with ${plain}`;
	return isTold(best.gain)
		? ` ${figures}.`
		: ` ${figures}: the difference is not significant. Compare both on other data.`;
}

export function endMessage(
	setup: Setup,
	integers: Integers,
	course: Course,
	stopped: TrainResult["stopped"],
): string {
	const kept = `${whatIsKept(course)}.${comparison(setup, course)}`;
	const { epochs, patience } = setup.settings;
	if (stopped === "finished")
		return epochs === 1 ? `The one epoch is done; ${kept}` : `All ${epochs} epochs are done; ${kept}`;
	if (stopped === "aborted") return `Training was stopped; ${kept}`;
	if (stopped === "early") return `No better validation for ${patience} epochs; ${kept}`;
	return `${divergence(setup, integers, course.epochsDone + 1)}; ${kept}`;
}
