// Widths of a kind: its keys of --bits, and its shape and widths read without codes. A kind is one object in a file named after
// it, listed once (norms.ts, mixers.ts, ...).
import type { z } from "zod";

/** Presets, as --preset names them. precision.ts says what each is for; each kind defines its own widths. */
export type Preset = "w8x16" | "w8a8x8" | "w4x16" | "w4a6x8" | "w3a6x8";

/** Groups of keys in --bits: all linear weights, all activations. */
export const GROUPS = ["W", "act"] as const;

/** A key of --bits. P: its precision. */
export interface Key<P> {
	/**
	 * Changes `precision` by the text after `name=`; `name` is the key or its group.
	 * @throws UserError for a width that the key does not take
	 */
	set(precision: P, text: string, name: string): void;
	/** The text that gives this precision. */
	text(precision: P): string;
	group?: (typeof GROUPS)[number];
	/** What has its own scale. */
	scale: string;
	/** How packing without training rounds it. */
	rounding: string;
	/** Meaning of its text, unless a plain number of bits. */
	note?: string;
}

/** Sizes around a component. */
export interface Around {
	H: number;
	channels: number;
}

/** A size in a shape, such as "N", 4, "modes per head". */
export interface Size {
	name: string;
	value: number;
	what: string;
}

/** T: the component in the quantized network; P: its precision; S: its shape. */
export interface KindWidths<T, P, S> {
	/** The highest precision for everything. */
	highest: P;
	/** In order of texts and tables. */
	keys: Record<string, Key<P>>;
	/** Text of --bits for this kind's keys. */
	presets: Record<Preset, string>;
	/** Fields besides the precision that sizes and costs depend on; stored in search.json. */
	shape: z.ZodType<S>;
	precisionOf(component: T): P;
	/** The component without codes; its sizes are those of every such component. */
	skeleton(shape: S, precision: P, around: Around): T;
	/** Sizes of the shape, for people. */
	sizes?(shape: S): Size[];
	/** Other properties of the shape, by name. */
	traits?(shape: S): Record<string, string>;
	/** Names of tensors in tables of bytes, where the tensor's own is unclear. */
	tensors?: Record<string, string>;
	/** Examples of texts of --bits: a short one, and a self-explanatory one. */
	examples?: { short: string; long: string };
}

/** A coding of poles; `format` identifies its precision. */
export interface PolesWidths<T, P> {
	format: string;
	/** Form of its texts. */
	takes: string;
	/** undefined: a text of another form. @throws UserError for widths that this form does not allow */
	parse(text: string, name: string): P | undefined;
	text(precision: P): string;
	precisionOf(poles: T): P;
	skeleton(precision: P): T;
	/** Meaning of its text. */
	note: string;
}
