// Targets that are the channels some steps later, for forecasts.
import type { TargetKind } from "./target-kind";
import { type ValueTargets, valueKind } from "./values";

export interface Future extends ValueTargets {
	kind: "future";
	/** Steps, 1 and up. */
	ahead: number;
}

export const future: TargetKind<Future> = {
	...valueKind<Future>(),
	labelled(dataset) {
		throw new Error(`the labels of ${dataset} are not forecasts`);
	},
};
