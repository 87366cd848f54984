// What progress looks like where there is no terminal.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Progress } from "../../host-tools/terminal/progress";

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
	progress.update(0);
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
	expect(lines).toEqual(["searching: 3.9 %\n", "searching: 50.0 %, 11 s left\n"]);
});

test("set-up before the first report is not taken for the pace of the work", () => {
	const progress = new Progress("calibrating", 256, "sequences");
	vi.advanceTimersByTime(6400); // set-up and the first sequence
	progress.update(1);
	for (let done = 2; done <= 256; done++) {
		vi.advanceTimersByTime(50);
		progress.update(done);
	}
	expect(lines).toEqual([
		"calibrating: 1 of 256 sequences\n",
		"calibrating: 101 of 256 sequences, 20/s, 8 s left\n",
		"calibrating: 201 of 256 sequences, 20/s, 3 s left\n",
	]);
});

test("work that is resumed, or of no known length, has a rate all the same", () => {
	const progress = new Progress("fetching", 0, "bytes");
	progress.update(1000);
	vi.advanceTimersByTime(10_000);
	progress.update(3000, "x.zip");
	expect(lines).toEqual(["fetching: 3000 bytes, 200/s, x.zip\n"]);
});
