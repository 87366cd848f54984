// Time that passes only when nothing else happens, for chips and ports in memory: no wait costs time, and no test fails on a
// busy machine. The clock goes on to the next timer when the event loop has turned a few times without one firing.
import { afterAll, beforeAll, vi } from "vitest";

/** A few turns carry bytes through port, streams and chip. */
const TURNS = 4;

/** For all tests of the file that calls it. @param load imports what would be read from disk while the clock runs */
export function virtualTime(load: () => Promise<unknown>): void {
	let running = false;
	beforeAll(async () => {
		await load();
		vi.stubEnv("EDGE_SSM_PATIENCE", "1");
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
		running = true;
		let turns = 0;
		const turn = () => {
			if (!running) return;
			if (++turns % TURNS === 0) vi.advanceTimersToNextTimer();
			setImmediate(turn);
		};
		turn();
	});
	afterAll(() => {
		running = false;
		vi.useRealTimers();
		vi.unstubAllEnvs();
	});
}
