// How much arithmetic a network is, counted from its shapes.

/**
 * Real multiply-accumulates of one step: for each layer 7 a mode (4 Abar x, 1 B u, 2 Re(C x)), one a head for D, 2 H H for
 * values and gates; and the encoder. Scales, tables and the decoder, which runs once a sequence, are not counted.
 */
export function macsPerStep({
	H,
	N,
	channels,
	layers,
}: {
	H: number;
	N: number;
	channels: number;
	layers: readonly unknown[];
}): number {
	return H * channels + layers.length * (7 * H * N + H + 2 * H * H);
}
