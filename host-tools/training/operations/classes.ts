// The classes head; native/kinds/head_classes.c.
import { POOLINGS } from "../../../src/network/pooling";
import type { FloatClasses } from "../../float/classes";
import type { Operation, StartableHead } from "./operation";

export const classes: Operation<FloatClasses> & StartableHead<FloatClasses> = {
	spec: ({ pooling }, { outputs }) => ({
		kind: "head_classes",
		size: outputs,
		option: POOLINGS.indexOf(pooling),
	}),
	kept: () => 0,
	fresh: ({ labels: { length } }, { heads: H, pooling }, linear) => ({
		...{ kind: "classes", pooling, weight: linear(length * H, H), bias: linear(length, H) },
	}),
};
