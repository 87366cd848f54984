// Readings and choices of a state of diagonal modes.
import { coordinateBytes } from "../../../src/network/diagonal";
import type { StatePrecision } from "../../quantization/widths/state";
import type { Component } from "./kind";
import { bitsText } from "./widths";

const STATE_BITS = [4, 6, 8, 10, 12, 16];

export const state = (rounding: "nearest" | "dithered"): Component => ({
	name: `x ${rounding}`,
	widths: STATE_BITS.map((bits) => ({ name: String(bits), bits: `x=${bits}${rounding[0]}` })),
});

/** Widths of the state under 16 that fill their bytes: fewer bits in as many bytes only lose. */
export const savedState: Component = {
	...state("dithered"),
	widths: state("dithered").widths.filter(
		({ name }, i, all) =>
			Number(name) < 16 && coordinateBytes(Number(name)) < coordinateBytes(Number(all[i + 1]!.name)),
	),
	telling: true,
};

/** Maximum bits of a coarse state. */
export const COARSE = 10;

export const stateWords = ({ x, rounding }: StatePrecision): string =>
	`${bitsText(x)} ${rounding === "dithered" ? "dithered" : "to nearest"}`;
