import type { LogarithmicPoles } from "../../../src/network/logarithmic";
import type { LogarithmicPrecision } from "../../quantization/widths/logarithmic";
import { polarSearch } from "./polar-search";

export const logarithmic = polarSearch<LogarithmicPoles, LogarithmicPrecision>(
	"logarithmic A",
	[1, 2, 3, 4, 6],
	[4, 5, 6, 7, 8, 10, 12],
);
