import type { SearchKind } from "./kind";

/** Of a component without stored numbers: nothing to read, to choose or to count. */
export const NOTHING: SearchKind<object, object> = {
	components: [],
	searched: [],
	choosable: [],
	packed: "",
	work: () => {},
	float: () => [],
	words: () => ({}),
};
