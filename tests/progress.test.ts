// What progress looks like where there is no terminal.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Progress } from "../host-tools/terminal/progress";

let lines: string[];
beforeEach(() => {
	lines = [];
	vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
	vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

test("units are counted with rate and time left", () => {
	const progress = new Progress("measuring", 400, "runs");
	vi.advanceTimersByTime(10_000);
	progress.update(100);
	expect(lines).toEqual(["measuring: 100 of 400 runs, 10/s, 30 s left\n"]);
});

test("work without units is told in per cent", () => {
	const progress = new Progress("searching");
	vi.advanceTimersByTime(10_000);
	progress.update(0.039);
	vi.advanceTimersByTime(10_000);
	progress.update(0.5);
	expect(lines).toEqual(["searching: 3.9 %, 4 min 06 s left\n", "searching: 50.0 %, 20 s left\n"]);
});
