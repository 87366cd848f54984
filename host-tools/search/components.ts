// Where bits can be saved: the components of a network's kinds with their possible widths. Names and texts of --bits only; cost
// is in cost.ts and candidates.ts, loss in sensitivity.ts.
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

/** A component and the layers that have it; null: once per network. */
export interface Placed extends Component {
	layers: number[] | null;
}

const RESIDUAL = plain("residual", [8, 10, 12, 14, 16]);

const placed = ({ kind, layers }: Found, which: "components" | "searched"): Placed[] =>
	kind[which].map((component) => ({ ...component, layers }));

/** The components of a network, in order of computation. */
export function componentsOf(of: NetworkKinds): Placed[] {
	const once = (kind: AnySearch) => placed({ kind, layers: null }, "components");
	return [
		...once(encoderSearch(of.encoder)),
		...blockSearches(of).flatMap((found) => placed(found, "components")),
		{ ...RESIDUAL, layers: null },
		...once(headSearch(of.head)),
	];
}

/** The components a search reads: layers, then encoder and head. */
export function searchedOf(of: NetworkKinds): Placed[] {
	return [...blockSearches(of), ...endsOf(of)].flatMap((found) => placed(found, "searched"));
}

/** Encoder and head. */
export function endsOf({ encoder, head }: Pick<NetworkKinds, "encoder" | "head">): Found[] {
	return [encoderSearch(encoder), headSearch(head)].map((kind) => ({ kind, layers: null }));
}

/** Names of all components, in order of computation. */
export function componentNames(): string[] {
	const { before, heads } = allSearches();
	const names = (kinds: AnySearch[]) => kinds.flatMap(({ components }) => components.map(({ name }) => name));
	return [...new Set([...names(before), RESIDUAL.name, ...names(heads)])];
}

/** Components that are read in pairs, by name. */
export function pairedComponents(): Map<string, [Component, Component]> {
	const { before, heads } = allSearches();
	const searched = [...before, ...heads].flatMap((kind) => kind.searched);
	return new Map(searched.flatMap(({ name, pair }) => (pair ? [[name, pair] as const] : [])));
}

/** A text of --bits for one layer. */
export function atLayer(bits: string, layer: number): string {
	return bits
		.split(",")
		.map((item) => `${layer}.${item}`)
		.join(",");
}
