// The union of codings of poles, from the list.
import type { PolesKind } from "./kind";
import * as POLES from "./poles";

export { POLES };
export type Poles = (typeof POLES)[keyof typeof POLES] extends infer K
	? K extends PolesKind<infer T>
		? T
		: never
	: never;

/** The kind of these poles. */
export function polesKind(poles: Poles): PolesKind<Poles> {
	return POLES[poles.kind] as PolesKind<Poles>;
}
