// Why a run ended and what it leaves, in a sentence for people.
import type { Integers } from "./integers";
import type { Course } from "./record";
import type { Setup } from "./setup";
import type { TrainResult } from "./train";

/** Where a run exploded, and what is likely to have done it. */
function divergence({ native, settings, recipe, like }: Setup, { refusal }: Integers, epoch: number): string {
	if (refusal) return refusal.replace(/\.$/, "");
	const { step, batchLoss, norm } = native.progress();
	const where = `Training diverged at update ${step + 1} (epoch ${epoch}): the loss was ${batchLoss.toPrecision(3)} and the gradient's length ${norm.toPrecision(3)}`;
	const { rate, ssmRate, clip } = settings;
	if (step < 1)
		return `${where}. Nothing was learned yet, so the starting weights or the input scaling do not fit these data`;
	if (!recipe.clip) return `${where}. Gradients are not clipped (clip ${clip}): clip at 1`;
	if (!like.layers[0]!.norm)
		return `${where}. Without norms the rate must be lower: try ${(rate / 10).toPrecision(1)} instead of ${rate}, or norms`;
	return `${where}. The learning rate is probably too high: try ${(rate / 10).toPrecision(1)} instead of ${rate} (and ${(ssmRate / 10).toPrecision(1)} instead of ${ssmRate} for the SSM)`;
}

function whatIsKept({ best }: Course): string {
	if (!best) return "no checkpoint was kept";
	if (best.epoch > 0) return `the checkpoint of epoch ${best.epoch} is kept`;
	return best.accuracy === null
		? "the weights as they were are kept, not validated"
		: "no epoch was better than rounding without training, which is kept";
}

export function endMessage(
	setup: Setup,
	integers: Integers,
	course: Course,
	stopped: TrainResult["stopped"],
): string {
	const kept = whatIsKept(course);
	const { epochs, patience } = setup.settings;
	if (stopped === "finished") return `All ${epochs} epochs are done; ${kept}.`;
	if (stopped === "aborted") return `Training was stopped; ${kept}.`;
	if (stopped === "early") return `No better validation for ${patience} epochs; ${kept}.`;
	return `${divergence(setup, integers, course.epochsDone + 1)}; ${kept}.`;
}
