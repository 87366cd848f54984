// Bits per component: presets by name, single choices by text ("W=4,residual=12,1.bias=8"). The kinds define the keys
// (widths/); network.ts applies the choices.
import { UserError } from "../terminal/errors";
import { between, wholeBits } from "./widths/keys";
import { GROUPS, type Key, type Preset } from "./widths/kind";
import {
	type ACTIVATIONS,
	type AnyWidths,
	allWidths,
	type BlockKinds,
	blockWidths,
	type CHANNELS,
	type ENCODERS,
	encoderWidths,
	type HEADS,
	headWidths,
	kindsOf,
	MIXERS,
	type NetworkKinds,
	type NORMS,
	type POSTS,
	type PrecisionOf,
} from "./widths/kinds";

/** Precisions of one layer, in bits: those of its kinds. */
export type LayerPrecision = { kinds: BlockKinds } & PrecisionOf<typeof MIXERS> &
	PrecisionOf<typeof CHANNELS> &
	PrecisionOf<typeof NORMS> &
	PrecisionOf<typeof ACTIVATIONS> &
	PrecisionOf<typeof POSTS>;

/** Precisions of a network: those of its encoder and head, of its residual stream, and of its layers. */
export type Precision = {
	kinds: Omit<NetworkKinds, "blocks">;
	residual: number;
	layers: LayerPrecision[];
} & PrecisionOf<typeof ENCODERS> &
	PrecisionOf<typeof HEADS>;

/** Purpose of each preset; each kind defines its own widths for it. */
const ABOUT: Record<Preset, string> = {
	w8x16: "accuracy first: weights 8, state 16 (default)",
	w8a8x8: "everything 8, dithered state, no training needed",
	w4x16: "smallest flash without training",
	w4a6x8: "small in flash and RAM; train for it",
	w3a6x8: "smallest of all; train for it",
};
export const DEFAULT_PRESET = "w8x16";

/**
 * The rows of Abreu et al., "Q-S5: Towards Quantized State Space Models" (2024), for all kinds. Bits are those of a real
 * number, of which a mode of Abar has two in any coding: "A 4" is at most 8 bits per mode.
 */
const TABLE: Record<string, { bits: string; about: string }> = {
	w4a8s8: {
		bits: "W=4,A=4+12,x=8",
		about: "as Q-S5's W4A8 with SSM 8: weights outside the SSM 4, everything else 8",
	},
	w4a8a8: { bits: "W=4,A=4+12,x=8,B=4,C=4,D=4", about: "as Q-S5's W4A8 with A 8: all weights but A 4" },
	w4a8a4: { bits: "W=4,A=2+6,x=8,B=4,C=4,D=4", about: "as Q-S5's W4A8: A 4 as well; train for it" },
	w2a8s8: { bits: "W=2,A=4+12,x=8", about: "as Q-S5's W2A8 with SSM 8; train for it" },
	w2a8a8: { bits: "W=2,A=4+12,x=8,B=2,C=2,D=2", about: "as Q-S5's W2A8 with A 8; train for it" },
	w2a8a4: { bits: "W=2,A=2+6,x=8,B=2,C=2,D=2", about: "as Q-S5's W2A8 with A 4; train for it" },
};

/** Key of the residual stream. */
const residual: Key<{ residual: number }> = {
	set: (precision, text, name) => {
		precision.residual = wholeBits(name, text, between(8, 16), "8 to 16 bits");
	},
	text: (precision) => String(precision.residual),
	scale: "head",
	rounding: "at every step, to nearest",
};
const RESIDUAL_BITS = 16;

function distinct<T>(items: Iterable<T>): T[] {
	return [...new Set(items)];
}

/** Text of --bits for each preset by name, listed per mixer where mixers differ. */
export const PRESETS: Record<string, { bits: string; about: string }> = {
	...Object.fromEntries(
		Object.entries(ABOUT).map(([name, about]) => {
			const textOf = ({ presets }: Pick<AnyWidths, "presets">) => presets[name as Preset];
			const mixers = Object.entries(MIXERS).map(([kind, widths]) => `${kind} ${textOf(widths)}`);
			const others = allWidths().filter((widths) => !(Object.values(MIXERS) as object[]).includes(widths));
			const items = others.flatMap((widths) => textOf(widths).split(",")).filter(Boolean);
			const common = distinct([...items, `residual=${RESIDUAL_BITS}`]).join(",");
			return [name, { bits: `${common}; ${mixers.join("; ")}`, about }];
		}),
	),
	...TABLE,
};

/** Examples of texts of --bits, of the first kind that has any. */
export const EXAMPLES = allWidths().find(({ examples }) => examples)!.examples!;

type Keys = Record<string, Key<object>>;
const keysOf = (widths: readonly AnyWidths[]): Keys =>
	Object.assign({}, ...widths.map(({ keys }) => keys)) as Keys;

/** Keys outside the layers. */
const endKeys = ({ kinds }: Pick<Precision, "kinds">): Keys =>
	({ ...keysOf([encoderWidths(kinds.encoder), headWidths(kinds.head)]), residual }) as Keys;

/** Sets the key or group `name` among `keys`; false when it is none of them. */
function setIn(precision: object, keys: Keys, name: string, text: string): boolean {
	const meant = Object.entries(keys).filter(([key, { group }]) => key === name || group === name);
	for (const [, key] of meant) key.set(precision, text, name);
	return meant.length > 0;
}

/** Changes `precision` by one text of the form of --bits. @throws UserError for an unknown key or width */
export function applyBits(precision: Precision, text: string): void {
	const { layers } = precision;
	for (const item of text.split(",").filter((part) => part.trim() !== "")) {
		const match = /^\s*(?:(\d+)\.)?(\w+)\s*=\s*(\S+)\s*$/.exec(item);
		if (!match) throw new UserError(`--bits: "${item}" is not KEY=BITS, such as ${EXAMPLES.long}.`);
		const [, layerText, name, value] = match as unknown as [string, string | undefined, string, string];
		const chosen = layerText === undefined ? layers : layers.slice(Number(layerText), Number(layerText) + 1);
		if (chosen.length === 0)
			throw new UserError(`--bits ${item}: the network has layers 0 to ${layers.length - 1}.`);
		// All that have the key; 3.encoder is the encoder, 3.W is the layer alone.
		const set = chosen.map((layer) => setIn(layer, keysOf(blockWidths(layer.kinds)), name, value));
		const ends = layerText === undefined || !(GROUPS as readonly string[]).includes(name);
		if (ends) set.push(setIn(precision, endKeys(precision), name, value));
		if (set.includes(true)) continue;
		const keys = distinct(chosen.flatMap((layer) => Object.keys(keysOf(blockWidths(layer.kinds)))));
		throw new UserError(
			`--bits: "${name}" is none of ${[...keys, ...GROUPS, ...Object.keys(endKeys(precision))].join(", ")}.`,
		);
	}
}

/** The highest precision for everything, then texts of --bits in order. @throws UserError */
export function highestPrecision(of: NetworkKinds, ...bits: string[]): Precision {
	const encoder = { kind: of.encoder.kind };
	const head = { kind: of.head.kind };
	const highest = (widths: readonly AnyWidths[]) =>
		Object.assign({}, ...widths.map(({ highest }) => highest));
	const precision: Precision = {
		kinds: { encoder, head },
		...highest([encoderWidths(encoder), headWidths(head)]),
		residual: RESIDUAL_BITS,
		layers: of.blocks.map((block) => ({ kinds: kindsOf(block), ...highest(blockWidths(block)) })),
	};
	applyBits(precision, bits.join(","));
	return precision;
}

/** The precision of a preset with `bits` applied. @param of a network, or a shape @throws UserError */
export function choosePrecision(of: NetworkKinds, preset: string = DEFAULT_PRESET, bits = ""): Precision {
	if (Object.hasOwn(TABLE, preset)) return highestPrecision(of, TABLE[preset]!.bits, bits);
	if (!(preset in ABOUT))
		throw new UserError(`There is no preset "${preset}"; there are ${Object.keys(PRESETS).join(", ")}.`);
	const precision = highestPrecision(of);
	const setPreset = (target: object, widths: readonly AnyWidths[]) => {
		for (const { keys, presets } of widths)
			for (const item of presets[preset as Preset].split(",").filter(Boolean)) {
				const [name, text] = item.split("=") as [string, string];
				setIn(target, keys, name, text);
			}
	};
	for (const layer of precision.layers) setPreset(layer, blockWidths(layer.kinds));
	setPreset(precision, [encoderWidths(precision.kinds.encoder), headWidths(precision.kinds.head)]);
	applyBits(precision, bits);
	return precision;
}

const textsOf = (precision: object, keys: Keys): Record<string, string> =>
	Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.text(precision)]));

/** A layer's precision by key, each as text of --bits. */
export function layerText(layer: LayerPrecision): Record<string, string> {
	return textsOf(layer, keysOf(blockWidths(layer.kinds)));
}

/** The precisions outside the layers, likewise. */
export function endsText(precision: Precision): Record<string, string> {
	return textsOf(precision, endKeys(precision));
}

/** Explanations of the keys of these kinds for tables: what has a scale, how it is rounded, what a text means. */
export function keyWords(of: NetworkKinds): Record<string, Pick<Key<never>, "scale" | "rounding" | "note">> {
	return { ...keysOf(of.blocks.flatMap(blockWidths)), ...endKeys({ kinds: of }) };
}

/** The shortest text of --bits that gives this precision. */
export function formatBits(precision: Precision): string {
	const texts = precision.layers.map(layerText);
	const items: string[] = [];
	for (const key of distinct(texts.flatMap((text) => Object.keys(text)))) {
		const having = texts.flatMap((text, l) => (text[key] === undefined ? [] : [[l, text[key]] as const]));
		if (having.every(([, bits]) => bits === having[0]![1])) items.push(`${key}=${having[0]![1]}`);
		else for (const [l, bits] of having) items.push(`${l}.${key}=${bits}`);
	}
	for (const [key, bits] of Object.entries(endsText(precision))) items.push(`${key}=${bits}`);
	return items.join(",");
}
