// Where bits can be saved: every component of every layer with the widths that the arithmetic has for it. Names and texts of
// --bits only; what a width costs is cost.ts and candidates.ts, what it loses is sensitivity.ts.
import { WEIGHT_BITS } from "../../src/model/network";
import { choosePrecision, type Precision } from "../quantization/precision";

/** Every component at its highest precision, as text of --bits: what all losses are counted from. */
export const HIGHEST = "A=16,x=16n,B=8,C=8,D=8,W=8,bias=16,u=8,g=8,residual=16";

export interface Width {
	/** Short name in tables and charts, such as "4+12" or "8 dithered". */
	name: string;
	/** Value of --bits for it. */
	bits: string;
}

export interface Component {
	/** Name in tables and charts. */
	name: string;
	/** Key of --bits. */
	key: string;
	/** Whether each layer has its own. */
	layered: boolean;
	/** From the lowest to the highest; the highest is the one of HIGHEST. */
	widths: Width[];
}

const plain = (widths: readonly number[]): Width[] =>
	widths.map((bits) => ({ name: String(bits), bits: String(bits) }));
const weights = plain(WEIGHT_BITS);
const activations = plain([4, 5, 6, 7, 8]);
const STATE = [4, 6, 8, 10, 12, 16];

/**
 * The components in the order of the computation. Abar stands there three times: as Cartesian coordinates, as radius (with
 * a phase of 12 bits) and as phase (with a radius of 4 bits); the state twice, by its rounding.
 */
export const COMPONENTS: Component[] = [
	{ name: "encoder", key: "encoder", layered: false, widths: weights },
	{ name: "u", key: "u", layered: true, widths: activations },
	{ name: "A Cartesian", key: "A", layered: true, widths: plain([6, 8, 10, 12, 14, 16]) },
	{
		name: "A radius",
		key: "A",
		layered: true,
		widths: [1, 2, 3, 4].map((bits) => ({ name: String(bits), bits: `${bits}+12` })),
	},
	{
		name: "A phase",
		key: "A",
		layered: true,
		widths: [2, 3, 4, 5, 6, 7, 8, 10, 12].map((bits) => ({ name: String(bits), bits: `4+${bits}` })),
	},
	{ name: "B", key: "B", layered: true, widths: plain([0, 2, 4, 8]) },
	{
		name: "x nearest",
		key: "x",
		layered: true,
		widths: STATE.map((bits) => ({ name: String(bits), bits: `${bits}n` })),
	},
	{
		name: "x dithered",
		key: "x",
		layered: true,
		widths: STATE.map((bits) => ({ name: String(bits), bits: `${bits}d` })),
	},
	{ name: "C", key: "C", layered: true, widths: weights },
	{ name: "D", key: "D", layered: true, widths: weights },
	{ name: "g", key: "g", layered: true, widths: activations },
	{ name: "value", key: "value", layered: true, widths: weights },
	{ name: "gate", key: "gate", layered: true, widths: weights },
	{ name: "bias", key: "bias", layered: true, widths: plain([8, 16]) },
	{ name: "residual", key: "residual", layered: false, widths: plain([8, 10, 12, 14, 16]) },
	{ name: "decoder", key: "decoder", layered: false, widths: weights },
];

/** The highest precision with texts of --bits on top, in order. @throws UserError */
export function precisionOf(L: number, ...bits: string[]): Precision {
	return choosePrecision(L, "w8x16", [HIGHEST, ...bits].join(","));
}

/** Text of --bits that gives a component one width, in one layer or in all. */
export function bitsFor(component: Component, width: Width, layer?: number): string {
	return `${component.layered && layer !== undefined ? `${layer}.` : ""}${component.key}=${width.bits}`;
}
