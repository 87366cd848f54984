// The key of a state of diagonal modes: its bits, and its rounding at every step.
import type { State } from "../../../src/network/diagonal";
import { UserError } from "../../terminal/errors";
import type { Key } from "./kind";

export interface StatePrecision {
	x: number;
	rounding: State["rounding"];
}

/** Dithering pays where a step of the state is coarse. */
const DITHERED_UP_TO = 10;

export const stateKey: Key<StatePrecision> = {
	set(precision, text, name) {
		const match = /^(\d+)([dn]?)$/.exec(text);
		const bits = match ? Number(match[1]) : 0;
		if (!match || bits < 4 || bits > 16)
			throw new UserError(
				`--bits ${name}=${text}: ${name} takes 4 to 16 bits, followed by d (dithered) or n (nearest) to choose the rounding.`,
			);
		precision.x = bits;
		precision.rounding =
			match[2] === "d" || (match[2] === "" && bits <= DITHERED_UP_TO) ? "dithered" : "nearest";
	},
	text: ({ x, rounding }) => `${x}${rounding === "dithered" ? "d" : "n"}`,
	scale: "mode",
	rounding: "at every step: d dithered, n to nearest",
};
