// Which component gets how many bits: presets by name, single choices by text ("A=4+12,x=8,1.C=4"). Only the choice; what
// follows from it is quantize.ts.
import { WEIGHT_BITS } from "../../src/model/network";
import { UserError } from "../terminal/errors";

/** Precisions of one layer, in bits. */
export interface LayerPrecision {
	/** Cartesian: bits of a coordinate. Polar: bits of radius and phase of a mode. */
	A: { format: "cartesian"; bits: number } | { format: "polar"; radiusBits: number; phaseBits: number };
	x: number;
	rounding: "nearest" | "dithered";
	/** 0: derived from A; 2: beside what derives from A. */
	B: 0 | 2 | 4 | 8;
	C: number;
	D: number;
	value: number;
	gate: number;
	/** Of value and gate rows. */
	bias: 8 | 16;
	u: number;
	g: number;
}

/** Precisions of a network. */
export interface Precision {
	encoder: number;
	decoder: number;
	residual: number;
	layers: LayerPrecision[];
}

/** Texts that --bits takes, by the name that --preset takes. */
export const PRESETS: Record<string, { bits: string; about: string }> = {
	w8x16: {
		bits: "A=16,x=16,B=8,C=8,D=8,W=8,u=8,g=8,residual=16",
		about: "accuracy first: weights 8, state 16 (default)",
	},
	w8a8x8: {
		bits: "A=4+12,x=8,B=8,C=8,D=8,W=8,u=8,g=8,residual=16",
		about: "everything 8, dithered state, no training needed",
	},
	w4x16: {
		bits: "A=4+10,x=16,B=4,C=4,D=8,W=4,decoder=8,u=8,g=8,residual=16",
		about: "smallest flash without training",
	},
	w4a6x8: {
		bits: "A=3+5,x=8,B=2,C=4,D=4,W=4,bias=8,u=6,g=6,residual=16",
		about: "small in flash and RAM; train for it",
	},
	w3a6x8: {
		bits: "A=2+3,x=8,B=2,C=3,D=4,W=3,bias=8,u=6,g=6,residual=16",
		about: "smallest of all; train for it",
	},
};
export const DEFAULT_PRESET = "w8x16";

/** Dithering pays where a step of the state is coarse. */
const DITHERED_UP_TO = 10;

const HELP =
	"such as A=16 (Cartesian), A=4+12 (radius+phase), x=8, C=4, W=4 (all linear weights), 1.C=8 (layer 1 alone)";

function whole(key: string, text: string, allowed: (n: number) => boolean, what: string): number {
	const n = Number(text);
	if (!/^\d+$/.test(text) || !allowed(n)) throw new UserError(`--bits ${key}=${text}: ${key} takes ${what}.`);
	return n;
}

const between = (low: number, high: number) => (n: number) => n >= low && n <= high;
const weights = (n: number) => WEIGHT_BITS.includes(n);
const WEIGHTS_TEXT = `${WEIGHT_BITS.join(", ")} bits`;

function setA(layer: LayerPrecision, text: string): void {
	const polar = /^(\d+)\+(\d+)$/.exec(text);
	if (!polar) {
		layer.A = {
			format: "cartesian",
			bits: whole("A", text, between(6, 16), "6 to 16 bits a coordinate, or radius+phase such as 4+12"),
		};
		return;
	}
	const [radiusBits, phaseBits] = [Number(polar[1]), Number(polar[2])];
	if (radiusBits < 1 || radiusBits > 8 || phaseBits < 2 || phaseBits > 12 || radiusBits + phaseBits > 16)
		throw new UserError(`--bits A=${text}: radius takes 1 to 8 bits, phase 2 to 12, together at most 16.`);
	layer.A = { format: "polar", radiusBits, phaseBits };
}

function setX(layer: LayerPrecision, text: string): void {
	const match = /^(\d+)([dn]?)$/.exec(text);
	const bits = match ? Number(match[1]) : 0;
	if (!match || bits < 4 || bits > 16)
		throw new UserError(
			`--bits x=${text}: x takes 4 to 16 bits, with d (dithered) or n (nearest) behind to choose the rounding.`,
		);
	layer.x = bits;
	layer.rounding = match[2] === "d" || (match[2] === "" && bits <= DITHERED_UP_TO) ? "dithered" : "nearest";
}

/** Every key of a layer. */
const LAYER_KEYS: Record<string, (layer: LayerPrecision, text: string) => void> = {
	A: setA,
	x: setX,
	B: (layer, text) => {
		layer.B = whole("B", text, (n) => [0, 2, 4, 8].includes(n), "0 (derived from A), 2, 4 or 8 bits") as
			| 0
			| 2
			| 4
			| 8;
	},
	C: (layer, text) => {
		layer.C = whole("C", text, weights, WEIGHTS_TEXT);
	},
	D: (layer, text) => {
		layer.D = whole("D", text, weights, WEIGHTS_TEXT);
	},
	value: (layer, text) => {
		layer.value = whole("value", text, weights, WEIGHTS_TEXT);
	},
	gate: (layer, text) => {
		layer.gate = whole("gate", text, weights, WEIGHTS_TEXT);
	},
	bias: (layer, text) => {
		layer.bias = whole("bias", text, (n) => n === 8 || n === 16, "8 or 16 bits") as 8 | 16;
	},
	u: (layer, text) => {
		layer.u = whole("u", text, between(4, 8), "4 to 8 bits");
	},
	g: (layer, text) => {
		layer.g = whole("g", text, between(4, 8), "4 to 8 bits");
	},
};

/** Changes `precision` by one text of the form of --bits. @throws UserError for an unknown key or width */
export function applyBits(precision: Precision, text: string): void {
	for (const item of text.split(",").filter((part) => part.trim() !== "")) {
		const match = /^\s*(?:(\d+)\.)?(\w+)\s*=\s*(\S+)\s*$/.exec(item);
		if (!match) throw new UserError(`--bits: "${item}" is not KEY=BITS, ${HELP}.`);
		const [, layerText, key, value] = match as unknown as [string, string | undefined, string, string];
		const layers = layerText === undefined ? precision.layers : [precision.layers[Number(layerText)]];
		if (layers.includes(undefined as never))
			throw new UserError(`--bits ${item}: the network has layers 0 to ${precision.layers.length - 1}.`);
		const set = LAYER_KEYS[key];
		if (set) for (const layer of layers) set(layer!, value);
		else if (key === "W") {
			const bits = whole("W", value, weights, WEIGHTS_TEXT);
			for (const layer of layers) layer!.value = layer!.gate = bits;
			if (layerText === undefined) precision.encoder = precision.decoder = bits;
		} else if (key === "act") {
			const bits = whole("act", value, between(4, 8), "4 to 8 bits");
			for (const layer of layers) layer!.u = layer!.g = bits;
		} else if (key === "encoder" || key === "decoder")
			precision[key] = whole(key, value, weights, WEIGHTS_TEXT);
		else if (key === "residual") precision.residual = whole(key, value, between(8, 16), "8 to 16 bits");
		else
			throw new UserError(
				`--bits: "${key}" is none of ${Object.keys(LAYER_KEYS).join(", ")}, W, act, encoder, decoder, residual.`,
			);
	}
}

/** The precision of a preset with `bits` on top, for a network of L layers. @throws UserError */
export function choosePrecision(L: number, preset = DEFAULT_PRESET, bits = ""): Precision {
	const chosen = PRESETS[preset];
	if (!chosen)
		throw new UserError(`There is no preset "${preset}"; there are ${Object.keys(PRESETS).join(", ")}.`);
	const precision: Precision = {
		encoder: 8,
		decoder: 8,
		residual: 16,
		layers: Array.from({ length: L }, () => ({
			A: { format: "cartesian", bits: 16 },
			x: 16,
			rounding: "nearest",
			B: 8,
			C: 8,
			D: 8,
			value: 8,
			gate: 8,
			bias: 16,
			u: 8,
			g: 8,
		})),
	};
	applyBits(precision, chosen.bits);
	applyBits(precision, bits);
	return precision;
}

function layerText(layer: LayerPrecision): Record<string, string | number> {
	const { A, x, rounding, ...rest } = layer;
	return {
		A: A.format === "polar" ? `${A.radiusBits}+${A.phaseBits}` : A.bits,
		x: `${x}${rounding === "dithered" ? "d" : "n"}`,
		...rest,
	};
}

/** The text of --bits that gives this precision, as short as layers that agree allow. */
export function formatBits(precision: Precision): string {
	const texts = precision.layers.map(layerText);
	const items: string[] = [];
	for (const key of Object.keys(texts[0]!)) {
		if (texts.every((text) => text[key] === texts[0]![key])) items.push(`${key}=${texts[0]![key]}`);
		else for (const [l, text] of texts.entries()) items.push(`${l}.${key}=${text[key]}`);
	}
	for (const key of ["encoder", "decoder", "residual"] as const) items.push(`${key}=${precision[key]}`);
	return items.join(",");
}
