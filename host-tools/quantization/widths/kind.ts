// What is asked of a kind about its widths: which keys of --bits it has, and how to tell shape and widths without codes. A kind is
// one object in a file named after it; the lists (norms.ts, mixers.ts, ...) name it once.
import type { z } from "zod";

/** Presets, as --preset names them. What each of them is: precision.ts; what it means for a kind: the kind. */
export type Preset = "w8x16" | "w8a8x8" | "w4x16" | "w4a6x8" | "w3a6x8";

/** Names of --bits that change several keys at once: all linear weights, all activations. */
export const GROUPS = ["W", "act"] as const;

/** A key of --bits. P: the precision that it is part of. */
export interface Key<P> {
	/**
	 * Changes `precision` by the text after `name=`; `name` is the key or its group.
	 * @throws UserError for a width that the key does not take
	 */
	set(precision: P, text: string, name: string): void;
	/** The text that gives what `precision` has. */
	text(precision: P): string;
	group?: (typeof GROUPS)[number];
	/** What of the tensor has a scale of its own. */
	scale: string;
	/** How packing without training rounds it. */
	rounding: string;
	/** What its text means, where that is not a plain number of bits. */
	note?: string;
}

/** Sizes around a component. */
export interface Around {
	H: number;
	channels: number;
}

/** A size of a shape, in words such as "N", 4, "modes a head". */
export interface Size {
	name: string;
	value: number;
	what: string;
}

/** T: the component in the quantized network; P: its precision; S: its shape. */
export interface KindWidths<T, P, S> {
	/** The highest precision of everything. */
	highest: P;
	/** In the order of texts and tables. */
	keys: Record<string, Key<P>>;
	/** Text of --bits for this kind's keys. */
	presets: Record<Preset, string>;
	/** The fields of the component that sizes and costs depend on beside the precision; search.json holds them. */
	shape: z.ZodType<S>;
	precisionOf(component: T): P;
	/** The component without codes: its sizes are those of every such component. */
	skeleton(shape: S, precision: P, around: Around): T;
	/** Sizes of the shape, for people. */
	sizes?(shape: S): Size[];
	/** What else the shape says, by name. */
	traits?(shape: S): Record<string, string>;
	/** Names of tensors in accounts of bytes, where the tensor's own is not clear enough. */
	tensors?: Record<string, string>;
	/** Examples of texts of --bits: a short one, and one that explains itself. */
	examples?: { short: string; long: string };
}

/** A kind of coding of poles; `format` is what their precision is told by. */
export interface PolesWidths<T, P> {
	format: string;
	/** What texts of this form look like. */
	takes: string;
	/** undefined: a text of another form. @throws UserError for widths that this form does not take */
	parse(text: string, name: string): P | undefined;
	text(precision: P): string;
	precisionOf(poles: T): P;
	skeleton(precision: P): T;
	/** What its text means. */
	note: string;
}
