// The codings of a mixer's poles, all together.
import type { Poles } from "../../../src/network/poles-union";
import * as WIDTHS from "../../quantization/widths/poles";
import type { PolesPrecision } from "../../quantization/widths/poles-key";
import type { AddWork, PolesSearch } from "./kind";
import * as POLES from "./poles";

type AnyPoles = PolesSearch<Poles, PolesPrecision>;
const OF_KIND: Partial<Record<Poles["kind"], unknown>> = POLES;
const KINDS = Object.keys(POLES) as (keyof typeof POLES)[];
const ofKind = (kind: Poles["kind"]) => OF_KIND[kind] as AnyPoles;

/** Readings and choices of a mixer's poles, in the codings it may have. */
export function searchedPoles(key: string, codings: readonly (keyof typeof POLES)[]) {
	const all = codings.map(ofKind);
	return {
		components: all.flatMap((poles) => poles.components(key)),
		searched: all.flatMap((poles) => poles.searched(key)),
		choices: all.flatMap((poles) => poles.choices(key)),
	};
}

export function polesWork(add: AddWork, poles: Poles, modes: number): void {
	ofKind(poles.kind).work(add, poles, modes);
}

export function polesWords(precision: PolesPrecision): string {
	return ofKind(KINDS.find((kind) => WIDTHS[kind].format === precision.format)!).words(precision);
}
