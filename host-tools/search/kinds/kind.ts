// What search, sensitivity and cost model need from a kind: where bits can be saved, at which loss, and its cost. A kind is one
// object in a file named after it; the lists (norms.ts, mixers.ts, ...) name it once.
import type { LayerRanges } from "../../quantization/calibrate";
import type { TrainInput } from "../../training/settings";
import type { Reading } from "../reading";

export interface Width {
	/** Short name in tables and charts, such as "12" or "8 dithered". */
	name: string;
	/** Text of --bits for it. */
	bits: string;
}

/** Something with a choice of widths, read on its own. */
export interface Component {
	/** Name in tables and charts. */
	name: string;
	/** From the lowest to the highest. */
	widths: Width[];
	/** Whether a search's explanation may name it as the most sensitive. */
	telling?: boolean;
	/** The two components of one that is read together: its widths are all pairs of theirs, the first's as rows. */
	pair?: [Component, Component];
}

/** Something a search chooses a width for. */
export interface Choosable {
	name: string;
	choices: {
		/** Text of --bits. */
		bits: string;
		/** Its loss, from the readings' losses: `of` returns that of a text of --bits. */
		loss: (of: (bits: string) => number) => number;
	}[];
	/** Fraction of the loss that remains after training; default 1. */
	afterTraining?: number;
}

/** Adds to a step's work: `count` times coefficient `name` of coefficients.ts. */
export type AddWork = (name: string, count: number) => void;

/** Values of one tensor in the float network. */
export interface FloatTensor {
	/** Name of the tensor it is stored as, as in the layout's `holds`. */
	tensor: string;
	/** Name in charts. */
	name: string;
	values: number;
}

/** A kind's choice in the words of a search's explanation. */
export interface Words {
	sentences?: string[];
	/** Such as "gates 4 bits in every layer": one sentence of all kinds. */
	clauses?: string[];
	/** What keeps its highest precision because fewer bits save nothing. */
	kept?: string[];
}

/** A choice to explain. */
export interface Chosen<P> {
	/** The values of all layers of this kind, such as "4 bits in every layer". */
	each(value: (precision: P) => string): string;
	/** The reading of a component at a width with the highest loss, and that loss. */
	worst(component: string, width: string): (Reading & { loss: number }) | undefined;
}

/** T: the component in the quantized network, with or without codes; P: its precision. */
export interface SearchKind<T, P> {
	/** All that sensitivity reads. */
	components: Component[];
	/** What a search reads: components whose widths change bytes, and widths whose losses do not add up. */
	searched: Component[];
	choosable: Choosable[];
	/** Text of --bits that packs every packable row; "" when there is none. */
	packed: string;
	/** @param steps of a pass through the block, at most */
	work(add: AddWork, component: T, H: number, steps: number): void;
	/** Values by tensor in float. @param before state values of the network before pruning, for one of this network */
	float(component: T, H: number, before: number): FloatTensor[];
	words(chosen: Chosen<P>): Words;
}

/** A row of a published study, to be repeated here. */
export interface PublishedRow {
	/** Title of the study. */
	study: string;
	name: string;
	width: string;
	/** Published accuracy in %, packed without training and trained through the quantizer; null: none. */
	literature: { untrained: number | null; trained: number | null };
	/** Text of --bits here; null: this arithmetic has no such width. */
	bits: string | null;
	/** Overrides the calibrated ranges of a layer of H heads. */
	ranges?: (ranges: LayerRanges, H: number) => LayerRanges;
	/** Settings with which it is trained; absent: it is packed alone. */
	training?: TrainInput;
}

export interface MixerSearch<T, P> extends SearchKind<T, P> {
	/** Text of --bits of a state so coarse that clipping its rare extremes is better; absent: no such state. */
	coarse?: string;
	/** The ranges of a layer, chosen from those for fine and for coarse states. */
	ranges(precision: P, fine: LayerRanges, coarse: LayerRanges): LayerRanges;
	/** Settings of a short training that freezes what few bits cannot follow. */
	settling: TrainInput;
	/** The published study of networks with this mixer and H heads. */
	study?(H: number): PublishedRow[];
}

/** A coding of a mixer's poles; `key` is the mixer's key for them. */
export interface PolesSearch<T, P> {
	components(key: string): Component[];
	searched(key: string): Component[];
	/** Choices below the highest precision. */
	choices(key: string): Choosable["choices"];
	/** @param modes how many there are */
	work(add: AddWork, poles: T, modes: number): void;
	words(precision: P): string;
}
