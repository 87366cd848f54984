// What is known of a checkpoint beside its tensors, and what said so.
export interface Setting {
	value: string | number | number[] | string[];
	/** What said so; "tensors" when there was nothing to choose, "assumed" when nothing did. */
	from: "flag" | "metadata" | "tensors" | "assumed";
}
