// Targets of sequences: a closed union of kinds.
import type { TargetKind } from "./target-kind";
import * as KINDS from "./target-kinds";

export type Targets = (typeof KINDS)[keyof typeof KINDS] extends TargetKind<infer T> ? T : never;

const kindNamed = (name: Targets["kind"]) => KINDS[name] as TargetKind<Targets>;
export const targetKind = (targets: Targets) => kindNamed(targets.kind);

const [USUAL] = Object.keys(KINDS) as [Targets["kind"]];

/**
 * Targets of rows by their labels, `of` being indices into `names`.
 * @param dataset its name, for messages @param kind of the labels; default: the first kind of the list
 */
export const labelledTargets = (
	dataset: string,
	names: readonly string[],
	of: Uint8Array | Uint32Array,
	kind = USUAL,
): Targets => kindNamed(kind).labelled(dataset, names, of);
