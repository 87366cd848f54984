// What is to be told of each sequence: a closed union of kinds.
import type { TargetKind } from "./target-kind";
import * as KINDS from "./target-kinds";

export type Targets = (typeof KINDS)[keyof typeof KINDS] extends TargetKind<infer T> ? T : never;

export const targetKind = (targets: Targets) => KINDS[targets.kind] as TargetKind<Targets>;
