// Targets that are the channels themselves, some steps later: what a forecast is to come near to.
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
		throw new Error(`the labels of ${dataset} are no forecasts`);
	},
};
