// What the reading and dividing of data asks of every kind of targets. What targets mean to a network is the business of
// host-tools/task.
export interface TargetKind<T> {
	/**
	 * Targets of rows that bear labels, as text formats and images do: `of` has an index into `names` for each row, which
	 * `checkDataset` checks.
	 * @param dataset its name, for messages
	 * @throws UserError when the labels are no such targets
	 */
	labelled(dataset: string, names: readonly string[], of: Uint8Array | Uint32Array): T;
	/** The targets of `rows`, in that order. */
	select(targets: T, rows: ArrayLike<number>): T;
	/** (rows) numbers that are alike for rows that are alike: parts of a data set hold all of them in proportion. */
	strata(targets: T): ArrayLike<number>;
	/** What tells these targets from others of as many rows. */
	bytes(targets: T): Uint8Array;
	/** @throws UserError when the target of `row` is not one */
	check(targets: T, row: number, where: string): void;
}
