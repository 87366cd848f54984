// A result as the link sends it.
import type { Result } from "./classifier";

/** Fields of the link's event of a result. */
export interface ResultEvent {
	step: number;
	/** Number of the class. */
	index: number;
	margin: number;
	/** In the head's units. */
	outputs: Int32Array;
}

export const eventOf = ({ step, index, margin, logits }: Result): ResultEvent => ({
	...{ step, index, margin, outputs: logits },
});
