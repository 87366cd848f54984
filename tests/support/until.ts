// Waiting for what another process does: as long as the runner waits for the test, for no clock of ours knows how busy the
// machine is.
import { vi } from "vitest";

/** Waits until `check` no longer throws. */
export function until(check: () => void): Promise<void> {
	return vi.waitFor(check, { timeout: 2 ** 31 - 1, interval: 20 });
}
