// No channel mixer: residual += g, scaled per head.
import { DIRECT_SCALES, proveScales, VALUE_ZERO } from "./half-glu";
import type { Kind } from "./kind";
import { RESERVED } from "./layout";
import { integer } from "./proof";

export interface Ungated {
	kind: "ungated";
	zero: number; // -128 to 127
	scale: Uint16Array; // (H), floats of 16 bits, out: units of the residual
}

export const ungated: Kind<Ungated> = {
	id: 4,
	arithmetic: 3,
	layout: {
		name: "ungated",
		about: "the activation itself",
		sizes: ["heads"],
		fields: [VALUE_ZERO, RESERVED, RESERVED, RESERVED],
		parts: [DIRECT_SCALES],
	},
	prove(where, { zero, scale }, { H }) {
		integer(`${where} zero`, zero, -128, 127);
		proveScales(where, scale, H);
	},
	macs: () => 0,
	scratchBytes: () => 0,
};
