import type { SearchKind } from "./kind";

/** For a component without stored numbers: no readings, no choices, no cost. */
export const NOTHING: SearchKind<object, object> = {
	components: [],
	searched: [],
	choosable: [],
	packed: "",
	work: () => {},
	float: () => [],
	words: () => ({}),
};
