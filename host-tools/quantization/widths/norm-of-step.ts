// Widths of norms over the heads of a step: that of u before a mixer; none after a channel mixer, where the residual's apply.
import { z } from "zod";
import type { NormOfStep } from "../../../src/network/norm-of-step";
import type { Normalization } from "../../../src/network/normalization";
import { type AffinePrecision, affine } from "./affine";
import type { KindWidths } from "./kind";

const empty = (): Normalization => ({
	epsilon: 1,
	negative: new Uint8Array(0),
	scale: new Uint16Array(0),
	zero: new Int16Array(0),
});

type Kinded<K, T> = T & { kind: K };

export function widthsOfStep<K extends "layer" | "rms">(kind: K, name: string) {
	const shape = z.object({ kind: z.literal(kind) }) as unknown as z.ZodType<{ kind: K }>;
	const traits = (where: string) => () => ({ norm: `${name} ${where}` });
	const norm: KindWidths<Kinded<K, NormOfStep>, AffinePrecision, { kind: K }> = {
		highest: affine.highest,
		keys: affine.keys,
		presets: affine.presets,
		shape,
		precisionOf: ({ bits }) => ({ u: bits }),
		skeleton: (_, { u }) => ({ kind, bits: u, ...empty() }),
		traits: traits("before"),
	};
	const post: KindWidths<Kinded<K, Normalization>, object, { kind: K }> = {
		highest: {},
		keys: {},
		presets: { w8x16: "", w8a8x8: "", w4x16: "", w4a6x8: "", w3a6x8: "" },
		shape,
		precisionOf: () => ({}),
		skeleton: () => ({ kind, ...empty() }),
		traits: traits("after"),
	};
	return { norm, post };
}
