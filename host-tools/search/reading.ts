// The results of sensitivity.
import type { Comparison } from "./cache";

/** One component at one width. */
export interface Reading {
	component: string;
	width: string;
	/** Layer number; null: in all layers, or a network-wide component. */
	layer: number | null;
	bits: string;
	/** null: integers cannot hold the network at this width. */
	measurement: Comparison | null;
}

export interface Sensitivity {
	count: number;
	/** The baseline float network. */
	float: Comparison;
	/** Everything at its highest precision. */
	highest: Comparison;
	readings: Reading[];
}
