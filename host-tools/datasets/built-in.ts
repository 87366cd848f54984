// Data sets that are computed when they are opened, one line each.
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { isSystem, simulateSystem, systemStrata } from "./dynamics";
import { motion, motionLabels } from "./motion";
import { rotor, rotorStrata } from "./rotor";
import type { OpenOptions } from "./source";

type Split = "train" | "test";

interface BuiltIn {
	/** The class of each row of a split, for drawing some of them; all 0 where there are none. */
	strata(split: Split): Uint8Array;
	/** @param rows only these, in this order */
	make(split: Split, rows: ArrayLike<number>, options: OpenOptions): Dataset;
}

const makeRotor: BuiltIn["make"] = (split, rows, { targets = "values" }) => {
	if (targets !== "values")
		throw new UserError("The data set rotor has values to predict and no labels; train --task regress.");
	return rotor(split, rows);
};

const NAMED = new Map<string, BuiltIn>([
	["motion", { strata: motionLabels, make: (split, rows, { targets }) => motion({ split, rows, targets }) }],
	["rotor", { strata: rotorStrata, make: makeRotor }],
]);

/** The built-in data set of a name, or of a dynamical system with its parameters; undefined: `source` is a path. */
export const builtIn = (source: string): BuiltIn | undefined =>
	isSystem(source)
		? { strata: systemStrata, make: (split, rows) => simulateSystem(source, split, rows) }
		: NAMED.get(source);
