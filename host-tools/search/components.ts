// Where bits can be saved: the components of a network's kinds with the widths that the arithmetic has for them. Names and texts of
// --bits only; what a width costs is cost.ts and candidates.ts, what it loses is sensitivity.ts.
import type { NetworkKinds } from "../quantization/widths/kinds";
import type { Component } from "./kinds/kind";
import {
	type AnySearch,
	allSearches,
	blockSearches,
	encoderSearch,
	type Found,
	headSearch,
} from "./kinds/kinds";
import { plain } from "./kinds/widths";

/** A component and the layers that have it; null: the network has it once. */
export interface Placed extends Component {
	layers: number[] | null;
}

const RESIDUAL = plain("residual", [8, 10, 12, 14, 16]);

const placed = ({ kind, layers }: Found, which: "components" | "searched"): Placed[] =>
	kind[which].map((component) => ({ ...component, layers }));

/** The components of a network, in the order of the computation. */
export function componentsOf(of: NetworkKinds): Placed[] {
	const once = (kind: AnySearch) => placed({ kind, layers: null }, "components");
	return [
		...once(encoderSearch(of.encoder)),
		...blockSearches(of).flatMap((found) => placed(found, "components")),
		{ ...RESIDUAL, layers: null },
		...once(headSearch(of.head)),
	];
}

/** What a search reads of a network: its layers, then its ends. */
export function searchedOf(of: NetworkKinds): Placed[] {
	return [...blockSearches(of), ...endsOf(of)].flatMap((found) => placed(found, "searched"));
}

/** Encoder and head. */
export function endsOf({ encoder, head }: Pick<NetworkKinds, "encoder" | "head">): Found[] {
	return [encoderSearch(encoder), headSearch(head)].map((kind) => ({ kind, layers: null }));
}

/** Names of all components there are, in the order of the computation. */
export function componentNames(): string[] {
	const { before, heads } = allSearches();
	const names = (kinds: AnySearch[]) => kinds.flatMap(({ components }) => components.map(({ name }) => name));
	return [...names(before), RESIDUAL.name, ...names(heads)];
}

/** A text of --bits for one layer. */
export function atLayer(bits: string, layer: number): string {
	return bits
		.split(",")
		.map((item) => `${layer}.${item}`)
		.join(",");
}
