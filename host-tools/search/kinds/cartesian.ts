import type { CartesianPoles } from "../../../src/network/cartesian";
import type { CartesianPrecision } from "../../quantization/widths/cartesian";
import type { PolesSearch } from "./kind";
import { bitsText, plain } from "./widths";

/** A search uses the highest precision, or radius and phase: coordinates lose more with the same number of bits. */
export const cartesian: PolesSearch<CartesianPoles, CartesianPrecision> = {
	components: (key) => [plain(`${key} Cartesian`, [6, 8, 10, 12, 14, 16], key)],
	searched: () => [],
	choices: () => [],
	work(add, { bits }, modes) {
		if (bits === 16) return;
		add("packed A", modes);
		if (bits === 8) add("A in bytes", modes);
	},
	words: ({ bits }) => `${bitsText(bits)} a coordinate`,
};
