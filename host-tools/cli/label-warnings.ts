// Warns before training of labels that there is little or nothing to learn of.
import type { Dataset } from "../datasets/dataset";
import { labelWarnings } from "../datasets/survey";
import { taskOf } from "../task/fit";
import { say } from "../terminal/output";

/** Warns of labels with few sequences or none. */
export function warnOfLabels(source: string, training: Dataset): void {
	const task = taskOf(training);
	if (!task.counts) return;
	for (const warning of labelWarnings(source, training, task.goal(training.targets).labels))
		say(`warning: ${warning}`);
}
