// Limits of what waits on a device or a port. EDGE_SSM_PATIENCE multiplies them all, for machines and links that are slow.
import { UserError } from "../terminal/errors";

/** Milliseconds to wait where `milliseconds` are right for a board on a cable. @throws UserError */
export function patient(milliseconds: number): number {
	const { EDGE_SSM_PATIENCE: factor = "1" } = process.env;
	if (!(Number(factor) >= 1 && Number(factor) <= 1000))
		throw new UserError(`EDGE_SSM_PATIENCE is "${factor}"; give a number from 1 to 1000.`);
	return milliseconds * Number(factor);
}

/** What `work` gives, or what `late` gives or throws when that takes longer than `milliseconds`, with patience. */
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
