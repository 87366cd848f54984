// The head that tells classes apart; native/kinds/head_classes.c.
import type { ClassesHead, Pooling } from "../../../src/network/classes";
import type { FloatClasses } from "../../float/classes";
import type { Operation, PutEnd, StartableHead } from "./operation";

/** In the order of the enumeration in head_classes.h. */
const POOLINGS: Pooling[] = ["mean", "last"];

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

export const putClasses: PutEnd<ClassesHead> = (sink, { map, fraction }) => {
	sink.integer(fraction);
	sink.integer(map.preshift);
	sink.integers(map.weights);
	sink.integers(map.scale);
	sink.integers(map.bias);
};
