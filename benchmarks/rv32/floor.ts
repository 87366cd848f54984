// A lower bound of the kernel's instructions per step on RV32IMC, counted by hand from the arithmetic: S4D with GLUs behind a linear
// encoder. No code reaches it; it says how much is left.
import { headKind, type Network } from "../../src/network/network";

/** Instructions of one mode: 7 multiplications, 7 additions, 2 shifts, 2 clamps; of u, y and constants 1.5 loads. */
const MODE = 19.5;
const DITHER = 4;
/** Two parts, Abar, B and C loaded, two parts stored: what a mode in registers saves in a block of steps. */
const MODE_ALONE = 9;
/** Multiplication and addition, and a part of a load; weights of 4 bits or fewer: one multiplication for two samples. */
const PRODUCT = { eight: 2.6, four: 1.5, alone: 4 };
/** Per output: bias, two scales, the gate's table, product, residual; scale of y, the activation's table, requantization; u. */
const [GATED, ACTIVATED, INPUT] = [44, 42, 10];
/** Per output of the encoder, and per head to pool it. */
const [ENCODED, POOLED] = [12, 3];

/** Instructions per step, in blocks of steps or one by one; undefined: another kind of network. */
export function floorOf(network: Network, blocked: boolean): number | undefined {
	const { H, encoder, blocks, head } = network;
	if (encoder.kind !== "linear") return undefined;
	const product = (bits: number) => (!blocked ? PRODUCT.alone : bits <= 4 ? PRODUCT.four : PRODUCT.eight);
	const { rows, columns } = encoder.map;
	let sum = rows * (ENCODED + columns * product(8));
	if (headKind(head).pooling(head) === "mean") sum += POOLED * H;
	for (const { mixer, channel } of blocks) {
		if (mixer.kind !== "s4d" || channel.kind !== "glu") return undefined;
		const mode = MODE + (mixer.x.rounding === "dithered" ? DITHER : 0) + (blocked ? 0 : MODE_ALONE);
		const products = product(channel.value.bits) + product(channel.gate.bits);
		sum += H * (mixer.N * mode + H * products + GATED + ACTIVATED + INPUT);
	}
	return Math.round(sum);
}
