// What the quantizer chooses beside the codes themselves, and what the integers mean. Codes lie on grids: training
// through the quantizer fixes them, so that a small change of a weight changes its own code only. Real units.

/** The grids of a block: the fields that norm, mixer and channel mixer have for theirs. */
export interface LayerGrid {
	[field: string]: unknown;
}

export interface Grid {
	encoder: Float64Array; // (H)
	decoder: Float64Array; // (outputs)
	layers: LayerGrid[];
}

/** What one unit of a block's integers is in the float network; those of y, g, values and gates follow from the network itself. */
export interface LayerUnits {
	u: Float64Array; // (H), negative where u's sign is turned
	/** Of the state, as the mixer's kind has it. */
	mixer: unknown;
}
