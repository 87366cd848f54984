import type { HarmonicPoles } from "../../../src/network/harmonic";
import type { HarmonicPrecision } from "../../quantization/widths/harmonic";
import { polarSearch } from "./polar-search";

export const harmonic = polarSearch<HarmonicPoles, HarmonicPrecision>(
	"harmonic A",
	[1, 2, 3, 4],
	[2, 3, 4, 5, 6, 7, 8, 10, 12],
);
