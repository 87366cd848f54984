// What the reading and dividing of data asks of every kind of targets. What targets mean to a network is the business of
// host-tools/task.
export interface TargetKind<T> {
	/** The targets of `rows`, in that order. */
	select(targets: T, rows: ArrayLike<number>): T;
	/** (rows) numbers that are alike for rows that are alike: parts of a data set hold all of them in proportion. */
	strata(targets: T): ArrayLike<number>;
	/** What tells these targets from others of as many rows. */
	bytes(targets: T): Uint8Array;
	/** @throws UserError when the target of `row` is not one */
	check(targets: T, row: number, where: string): void;
}
