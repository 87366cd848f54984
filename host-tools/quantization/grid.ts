// Choices of the quantizer besides the codes, and the real units of the integers. Codes lie on grids: training through the
// quantizer fixes them, so that a small change of a weight changes its own code only. Real units.

/** Grids of a block: fields for norm, mixer and channel mixer. */
export interface LayerGrid {
	[field: string]: unknown;
}

export interface Grid {
	encoder: Float64Array; // (H)
	decoder: Float64Array; // (outputs)
	layers: LayerGrid[];
}

/** Real size of one unit of a block's integers; those of y, g, values and gates follow from the network itself. */
export interface LayerUnits {
	u: Float64Array; // (H), negative where u's sign is flipped
	/** Units of the state, as the mixer's kind defines them. */
	mixer: unknown;
}
