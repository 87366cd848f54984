// A recorder from the sensor to files: raw samples over the link, clips after a countdown or a movement, and nothing that was recorded is
// lost, whatever happens.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { SampleSource } from "../../firmware/app/stream";
import { sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import type { RecordedEvent } from "../../host-tools/device/client";
import { type Clip, ClipFolder, checkLabel, longestGap } from "../../host-tools/recorder/clips";
import { Session, type SessionOptions } from "../../host-tools/recorder/session";
import { connect } from "../support/link-channel";
import { fakeBlob, fakeDevice } from "../support/link-fakes";

const root = mkdtempSync(join(tmpdir(), "recorder-"));
afterAll(() => rmSync(root, { recursive: true }));
const CHANNELS = ["acc x (g)", "acc y (g)"];

describe("over the link [L36]", () => {
	/** A sensor that a test feeds. */
	function sensor() {
		const source = {
			starts: [] as { rate: number; channels: number; scales: number[] }[],
			feed: (_: Int16Array, __?: number) => {},
			running: false,
			start({ rate, channels, input }, onSamples) {
				if (channels !== 2) throw new Error(`the sensor has 2 channels, the model ${channels}`);
				source.running = true;
				source.starts.push({ rate, channels, scales: input.map(({ scale }) => scale) });
				source.feed = (samples, time) =>
					onSamples(new Uint8Array(samples.buffer), 0, samples.length / channels, time);
			},
			stop: () => {
				source.running = false;
			},
		} satisfies SampleSource & Record<string, unknown>;
		return source;
	}

	test("samples arrive as they are, with step numbers that jump where time was missed; rate 0 ends it", async () => {
		const source = sensor();
		const events: RecordedEvent[] = [];
		const { client } = connect(fakeDevice({ sensor: source }), undefined, {
			onRecorded: (event) => events.push(event),
		});
		await client.record(50, [0.5, 0.25]);
		expect(source.starts).toEqual([{ rate: 50, channels: 2, scales: [0.5, 0.25] }]);
		source.feed(Int16Array.of(1, -2, 32_767, -32_768), 1_000_000);
		source.feed(Int16Array.of(5, 6), 1_040_000);
		source.feed(Int16Array.of(7, 8), 1_200_000); // seven steps later
		source.feed(
			Int16Array.from({ length: 600 }, (_, i) => i),
			1_220_000,
		); // more than a frame
		await client.record(0);
		expect(source.running).toBe(false);
		expect(events.slice(0, 3)).toEqual([
			{ step: 0, samples: Int16Array.of(1, -2, 32_767, -32_768) },
			{ step: 2, samples: Int16Array.of(5, 6) },
			{ step: 10, samples: Int16Array.of(7, 8) },
		]);
		const long = events.slice(3);
		expect(long.map(({ step }) => step)).toEqual([11, 139, 267]);
		expect(long.flatMap(({ samples }) => [...samples])).toEqual(Array.from({ length: 600 }, (_, i) => i));
	});

	test("refusals are sentences; a stream of results ends a recording", async () => {
		const source = sensor();
		await expect(connect(fakeDevice()).client.record(50, [1])).rejects.toThrow(/this target has no sensor/);
		const { client } = connect(fakeDevice({ sensor: source }));
		await expect(client.record(50, [1, 1, 1])).rejects.toThrow(/the sensor has 2 channels/);
		for (const [rate, scales] of [
			[50, []],
			[0, [1]],
			[-1, [1]],
			[Number.NaN, [1]],
			[50, [0]],
			[50, [Number.POSITIVE_INFINITY]],
			[50, new Array<number>(65).fill(1)],
		] as const)
			await expect(client.record(rate, scales)).rejects.toThrow(/payload/);
		await client.record(50, [1, 1]);
		await client.stream("OFF");
		expect(source.running).toBe(false);
		expect(fakeBlob(1).length).toBeGreaterThan(0);
	});
});

const OPTIONS = { length: 4, countdown: 2, channels: 2, scales: [0.5, 1], wanted: 2, labels: ["a", "b"] };

function session(options: Partial<SessionOptions> = {}) {
	const clips: Clip[] = [];
	const made = new Session({
		...OPTIONS,
		count: (label) => clips.filter((clip) => clip.label === label).length,
		onClip: (clip) => clips.push(clip),
		...options,
	});
	return { made, clips };
}

describe("a session", () => {
	test("labels take turns after a countdown until each has its clips; values are in their units", () => {
		const { made, clips } = session();
		for (let step = 0; made.state.kind !== "done" && step < 100; step++)
			made.take(step, Int16Array.of(step, -step));
		expect(clips.map(({ label, steps }) => [label, steps])).toEqual([
			["a", [2, 3, 4, 5]],
			["b", [8, 9, 10, 11]],
			["a", [14, 15, 16, 17]],
			["b", [20, 21, 22, 23]],
		]);
		expect(clips[0]!.values).toEqual([1, -2, 1.5, -3, 2, -4, 2.5, -5]);
		expect(made.lost).toBe(0);
	});

	test("clips that are there count; lost steps and full scale are counted", () => {
		let [had, clips] = [1, [] as Clip[]];
		const { made } = session({
			count: (label) => (label === "a" ? 2 : had),
			onClip: (clip) => {
				had++;
				clips = [...clips, clip];
			},
		});
		expect(made.state).toMatchObject({ kind: "countdown", label: "b" });
		made.take(0, Int16Array.of(1, 1, 1, 1, 1, 1));
		made.take(13, Int16Array.of(32_767, 0, 1, 1, 1, 1));
		expect(clips[0]!.steps).toEqual([2, 13, 14, 15]);
		expect([made.lost, made.clipped, made.state.kind]).toEqual([10, 1, "done"]);
	});

	test("a movement begins a clip, with what came just before; one that goes on begins no second", () => {
		const { made, clips } = session({ trigger: 4, length: 20 });
		let step = 0;
		const feed = (count: number, size: number) => {
			for (let i = 0; i < count; i++, step++) made.take(step, Int16Array.of(step % 2 ? size : -size, 0));
		};
		feed(200, 3);
		expect(made.state.kind).toBe("waiting");
		feed(60, 100);
		expect(clips).toHaveLength(1);
		// A fifth of the clip, and at most half as much again, is from before.
		expect(clips[0]!.steps[0]).toBeGreaterThanOrEqual(194);
		expect(clips[0]!.steps[0]).toBeLessThan(200);
		feed(50, 3);
		feed(20, 100);
		expect(clips).toHaveLength(2);
	});
});

describe("the folder", () => {
	const clip = (label: string, first = 0): Clip => ({
		label,
		steps: [0, 1, 5],
		values: [first, 1, 2, 3, 4, 5.25],
	});

	test("clips are numbered on, and are a data set; undone ones are kept apart; the folder is one recorder's", async () => {
		const path = join(root, "set");
		const folder = new ClipFolder(path, CHANNELS, 50);
		expect(folder.add(clip("a"))).toBe(join(path, "a", "0001.csv"));
		folder.add(clip("a"));
		folder.add(clip("b"));
		expect(readFileSync(join(path, "a", "0001.csv"), "utf8")).toBe(
			"time (s),acc x (g),acc y (g)\n0,0,1\n0.02,2,3\n0.1,4,5.25\n",
		);
		expect(folder.undo()).toBe("b");
		expect([folder.count("a"), folder.count("b")]).toEqual([2, 0]);
		expect(readdirSync(join(path, ".undone", "b"))).toHaveLength(1);
		expect(folder.keepUnfinished({ label: "b", steps: [], values: [] })).toBeUndefined();
		expect(existsSync(folder.keepUnfinished(clip("b"))!)).toBe(true);
		expect(() => new ClipFolder(path, CHANNELS, 50)).toThrow(/Another recorder \(process \d+\)/);
		folder.close();
		const again = new ClipFolder(path, CHANNELS, 50);
		expect(again.add(clip("a"))).toBe(join(path, "a", "0003.csv"));
		again.add(clip("b", 7));
		again.close();
		const all = [await openDataset(path, "train"), await openDataset(path, "test")];
		expect(all[0]).toMatchObject({ rate: 50, channelNames: CHANNELS, targets: { names: ["a", "b"] } });
		expect(all[0]!.count + all[1]!.count).toBe(4);
		expect([...sequence(all[0]!, 0)].slice(1)).toEqual([1, 2, 3, 4, 5.25]);
	});

	test("the longest gap of a clip counts steps, from one to the next", () => {
		expect(longestGap(clip("a"))).toBe(4);
		expect(longestGap({ label: "a", steps: [7, 8, 9], values: [] })).toBe(1);
		expect(longestGap({ label: "a", steps: [], values: [] })).toBe(1);
	});

	test("a recorder that was killed leaves no lock; a folder that cannot be written loses no clip", () => {
		const path = join(root, "killed");
		new ClipFolder(path, CHANNELS, 50).close();
		writeFileSync(join(path, ".recording"), "999999999");
		const folder = new ClipFolder(path, CHANNELS, 50);
		writeFileSync(join(path, "a"), "a file where the folder should be");
		let message = "";
		try {
			folder.add(clip("a"));
		} catch (error) {
			message = (error as Error).message;
		}
		const [, elsewhere] = /the clip is in (.*)\.$/.exec(message)!;
		expect(readFileSync(elsewhere!, "utf8")).toContain("5.25");
		rmSync(elsewhere!);
		folder.close();
	});

	test.each(["", "../x", "a/b", ".hidden", "a\u0007", " a", "a:b", "x".repeat(101), "a\nb"])(
		"%j is no label",
		(label) => {
			expect(() => checkLabel(label)).toThrow(/cannot be the name of a folder/);
		},
	);
	test.each(["wave", "swipe left", "Kreis-1", "ünder_score", "a,b"])("%j is one", (label) => {
		expect(checkLabel(label)).toBe(label);
	});
});
