// The values head; native/kinds/head_values.c at the end of sequences, head_values_step.c at every step.
import { POOLINGS } from "../../../src/network/pooling";
import type { FloatValues } from "../../float/values";
import type { ValuesGoal } from "../../task/values-goal";
import { UserError } from "../../terminal/errors";
import { CHUNK, type Operation, padded, type StartableHead } from "./operation";

function checkTrainable(head: FloatValues): void {
	if (head.moment === "step" && head.pooling !== "last")
		throw new UserError(
			"Values at every step are trained on the last step's stream; give --pooling last (a mean over all steps so far cannot be trained).",
		);
}

export const values: Operation<FloatValues> & StartableHead<FloatValues> = {
	spec(head, { outputs }) {
		checkTrainable(head);
		return head.moment === "step"
			? { kind: "head_values_step", size: outputs }
			: { kind: "head_values", size: outputs, option: POOLINGS.indexOf(head.pooling) };
	},
	kept: ({ moment }, { H, outputs }) => (moment === "step" ? CHUNK * (padded(H) + padded(outputs)) : 0),
	fresh(goal, { heads: H, pooling }, linear) {
		const { labels, units, scale, offset, moment, ahead } = goal as ValuesGoal;
		const head: FloatValues = {
			...{ kind: "values", pooling, moment, ahead, units, scale, offset },
			weight: linear(labels.length * H, H),
			bias: linear(labels.length, H),
		};
		checkTrainable(head);
		return head;
	},
};
