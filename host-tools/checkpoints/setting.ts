// A known property of a checkpoint besides its tensors, and its source.
export interface Setting {
	value: string | number | number[] | string[];
	/** Source: "tensors" when there was no choice, "assumed" when nothing stated it. */
	from: "flag" | "metadata" | "tensors" | "assumed";
}
