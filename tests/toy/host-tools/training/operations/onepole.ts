// One-pole filters; native/kinds/onepole.c.
import type { OnepoleMixer } from "../../../src/network/onepole";
import type { FloatOnepole } from "../../float/onepole";
import type { OnepoleUnits } from "../../quantization/onepole";
import type { Operation, PutStage } from "./operation";

export const onepole: Operation<FloatOnepole> = {
	spec: () => ({ kind: "onepole" }),
	kept: (_, { H }) => H,
};

export const putOnepole: PutStage<OnepoleMixer> = (sink, { pole, gain }, { yFraction }, units) => {
	const ones = new Float64Array(pole.length).fill(1);
	sink.integer(yFraction);
	sink.integers(pole);
	sink.integers(gain.codes);
	sink.integers(gain.scale);
	sink.reals((units?.mixer as OnepoleUnits | undefined)?.x ?? ones);
	sink.reals(units?.u ?? ones);
};
