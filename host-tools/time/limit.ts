// Time limits for devices and ports. EDGE_SSM_PATIENCE multiplies them all, for slow machines and links.
import { UserError } from "../terminal/errors";

/** Milliseconds to wait, given the limit for a board on a cable. @throws UserError */
export function patient(milliseconds: number): number {
	const { EDGE_SSM_PATIENCE: factor = "1" } = process.env;
	if (!(Number(factor) >= 1 && Number(factor) <= 1000))
		throw new UserError(`EDGE_SSM_PATIENCE is "${factor}"; give a number from 1 to 1000.`);
	return milliseconds * Number(factor);
}

/** The result of `work`, or of `late` (which may throw) when it takes longer than `milliseconds` times the patience. */
export function within<T>(milliseconds: number, work: Promise<T>, late: () => T): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const limit = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, patient(milliseconds));
	}).then(late);
	return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

export function pause(milliseconds: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
