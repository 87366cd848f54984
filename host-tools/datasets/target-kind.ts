// A kind of targets, as far as reading and splitting data needs it. host-tools/task defines what targets mean to a network.
export interface TargetKind<T> {
	/**
	 * Targets of labelled rows, as in text formats and images: `of` has an index into `names` for each row, which
	 * `checkDataset` checks.
	 * @param dataset its name, for messages
	 * @throws UserError when the labels are no such targets
	 */
	labelled(dataset: string, names: readonly string[], of: Uint8Array | Uint32Array): T;
	/** The targets of `rows`, in that order. */
	select(targets: T, rows: ArrayLike<number>): T;
	/** (rows) equal for rows that are alike: subsets of a data set keep their proportions. */
	strata(targets: T): ArrayLike<number>;
	/** Identifies these targets among others of the same number of rows. */
	bytes(targets: T): Uint8Array;
	/** @throws UserError when the target of `row` is invalid */
	check(targets: T, row: number, where: string): void;
}
