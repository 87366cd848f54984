// The head that tells classes apart; native/kinds/head_classes.c.
import type { ClassesHead } from "../../../src/network/classes";
import { POOLINGS } from "../../../src/network/pooling";
import type { FloatClasses } from "../../float/classes";
import type { Operation, PutEnd, StartableHead } from "./operation";
import { putReadout } from "./readout";

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

export const putClasses: PutEnd<ClassesHead> = (sink, { map, outputs, fraction }) => {
	const unit = new Float64Array(outputs).fill(2 ** -fraction);
	putReadout(sink, map, { unit, zero: new Float64Array(outputs) });
};
