// Recordings of ten hours are streamed: step by step right to their end, in blocks whose size does not grow with the file.
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openRecording } from "../../host-tools/recordings/open";

const root = mkdtempSync(join(tmpdir(), "long-"));
afterAll(() => rmSync(root, { recursive: true }));
const SECONDS = 10 * 3600;
/** Most steps that may be in memory at once. */
const MOST = 1 << 20;

/** Steps of a file, the longest of its blocks, and the most memory beyond what there was before [bytes]. */
function walk(path: string) {
	const before = process.memoryUsage.rss();
	let [steps, longest, memory, last] = [0, 0, 0, 0];
	for (const { count, values } of openRecording(path).blocks()) {
		steps += count;
		longest = Math.max(longest, count);
		memory = Math.max(memory, process.memoryUsage.rss() - before);
		last = values.at(-1)!;
	}
	return { steps, longest, memory, last };
}

test("sound: a file of 144 MB, silent but for its last sample, takes less memory than it is large", () => {
	const path = join(root, "night.wav");
	const [RATE, BYTES] = [2000, 2 * 2000 * SECONDS];
	const header = Buffer.alloc(44);
	header.write("RIFF", 0);
	header.writeUInt32LE(36 + BYTES, 4);
	header.write("WAVEfmt ", 8);
	header.writeUInt32LE(16, 16);
	header.writeUInt16LE(1, 20);
	header.writeUInt16LE(1, 22);
	header.writeUInt32LE(RATE, 24);
	header.writeUInt32LE(2 * RATE, 28);
	header.writeUInt16LE(2, 32);
	header.writeUInt16LE(16, 34);
	header.write("data", 36);
	header.writeUInt32LE(BYTES, 40);
	const file = openSync(path, "w");
	writeSync(file, header);
	ftruncateSync(file, 44 + BYTES);
	writeSync(file, Buffer.from([0x39, 0x30]), 0, 2, 44 + BYTES - 2);
	closeSync(file);
	const { steps, longest, memory, last } = walk(path);
	expect(steps).toBe(RATE * SECONDS);
	expect(longest).toBeLessThanOrEqual(MOST);
	expect(memory).toBeLessThan(BYTES);
	expect(last).not.toBe(0);
}, 300_000);

test("a sensor: 360,000 lines come in blocks", () => {
	const path = join(root, "day.csv");
	const lines = Array.from({ length: 10 * SECONDS }, (_, i) => `${i / 10},${i % 11},${-i}`);
	writeFileSync(path, `time (s),x,y\n${lines.join("\n")}\n`);
	expect(openRecording(path).rate).toBeCloseTo(10, 6);
	const { steps, longest, last } = walk(path);
	expect([steps, last]).toEqual([10 * SECONDS, 1 - 10 * SECONDS]);
	expect(longest).toBeLessThan(steps / 10);
}, 300_000);
