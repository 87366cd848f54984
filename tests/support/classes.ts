// What tests of networks that tell classes take for granted.
import type { Classes } from "../../host-tools/datasets/classes";
import type { Dataset } from "../../host-tools/datasets/dataset";
import type { FloatClasses } from "../../host-tools/float/classes";
import type { ClassesHead } from "../../src/network/classes";
import type { Head } from "../../src/network/network";

/** The head of a network that tells classes. */
export function classesOf({ head }: { head: Head }): ClassesHead {
	if (head.kind !== "classes") throw new Error(`the head is of kind ${head.kind}`);
	return head;
}

/** The targets of data of classes. */
export function classTargetsOf({ targets }: Dataset): Classes {
	if (targets.kind !== "classes") throw new Error(`the targets are ${targets.kind}`);
	return targets;
}

/** A float head for so many classes, without weights. */
export const floatClasses = (outputs: number): FloatClasses => ({
	...{ kind: "classes", pooling: "mean", weight: new Float64Array(0), bias: new Float64Array(outputs) },
});
