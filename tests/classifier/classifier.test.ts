// The streaming classifier over a made-up kernel: windows, hops, smoothing, states, and the manners of its class.
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { readGolden } from "../../src/blob/container";
import { Classifier, type ClassifierOptions, type Result } from "../../src/classifier/classifier";
import { goldenPlaces, selfTest } from "../../src/classifier/golden";
import { openModel, shown } from "../../src/classifier/model";
import { scaleSample } from "../../src/network/sample";
import { BACKGROUND } from "../../src/network/stream";
import { CHANNELS, CLASSES, FakeKernel, fakeBlob, logitsOf } from "../support/link-fakes";

const blob = fakeBlob(5, { steps: 10 });
const model = openModel(blob);

const samplesOf = (steps: number, seed = 1) =>
	Int16Array.from({ length: steps * CHANNELS }, (_, i) => ((i * 7919 + seed * 104729) % 65535) - 32767);

/** A classifier whose callbacks wait until `run` is called. */
function make(options: Partial<ClassifierOptions> = {}) {
	const results: Result[] = [];
	const waiting: (() => void)[] = [];
	const classifier = new Classifier({
		model,
		kernel: FakeKernel,
		onResult: (result) => results.push(result),
		schedule: (callback) => waiting.push(callback),
		...options,
	});
	const run = () => {
		while (waiting.length > 0) waiting.shift()!();
		return results.splice(0);
	};
	return { classifier, run, results };
}

const steps = (results: Result[]) => results.map(({ step }) => step);
const part = (samples: Int16Array, from: number, to: number) => samples.slice(from * CHANNELS, to * CHANNELS);

afterEach(() => {
	FakeKernel.failure = undefined;
});

describe("windows", () => {
	test("each gives one result, from the kernel begun anew, with the label of the largest logit", () => {
		const { classifier, run } = make();
		const samples = samplesOf(34);
		classifier.write(samples.buffer);
		const results = run();
		expect(steps(results)).toEqual([10, 20, 30]);
		results.forEach(({ logits, index, label, margin }, i) => {
			expect(logits).toEqual(logitsOf(blob, part(samples, 10 * i, 10 * (i + 1))));
			const sorted = Array.from(logits).sort((a, b) => b - a);
			expect([logits[index], margin, label]).toEqual([sorted[0], sorted[0]! - sorted[1]!, `class ${index}`]);
		});
	});

	test("any way of cutting the stream gives the same results", () => {
		const samples = samplesOf(57);
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: 0, max: 20 })),
				fc.integer({ min: 0, max: 20 }),
				fc.integer({ min: 0, max: 7 }),
				fc.integer({ min: 0, max: 8 }),
				(cuts, extra, hop, smoothing) => {
					const settings = { window: hop + extra, hop, smoothing };
					const whole = make(settings);
					whole.classifier.write(samples.buffer);
					const pieces = make(settings);
					let at = 0;
					for (const cut of cuts) {
						const to = Math.min(57, at + cut);
						pieces.classifier.write(new Uint8Array(part(samples, at, to).buffer));
						at = to;
					}
					pieces.classifier.write(samples.buffer, 2 * CHANNELS * at, 57 - at);
					expect(pieces.run()).toEqual(whole.run());
					whole.classifier.close();
					pieces.classifier.close();
				},
			),
		);
	});

	test("hops give results on the way; without a window the kernel never begins anew", () => {
		const samples = samplesOf(25);
		const { classifier, run } = make({ window: 10, hop: 4 });
		classifier.write(samples.buffer);
		const results = run();
		expect(steps(results)).toEqual([4, 8, 10, 14, 18, 20, 24]);
		expect(results[1]!.logits).toEqual(logitsOf(blob, part(samples, 0, 8)));
		expect(results[3]!.logits).toEqual(logitsOf(blob, part(samples, 10, 14)));
		const endless = make({ window: 0, hop: 12 });
		endless.classifier.write(samples.buffer);
		expect(endless.run().map(({ logits }) => logits)).toEqual([
			logitsOf(blob, part(samples, 0, 12)),
			logitsOf(blob, part(samples, 0, 24)),
		]);
	});

	test("read gives the result so far, and nothing before the first sample", () => {
		const { classifier } = make();
		expect(classifier.read()).toBeUndefined();
		const samples = samplesOf(10);
		classifier.write(samples.buffer, 0, 7);
		expect(classifier.read()).toMatchObject({ step: 7, logits: logitsOf(blob, part(samples, 0, 7)) });
		classifier.write(samples.buffer, 2 * CHANNELS * 7, 3);
		expect(classifier.read()).toBeUndefined();
		classifier.write(samples.buffer, 0, 1);
		classifier.reset();
		expect(classifier.read()).toBeUndefined();
	});

	test("a window made shorter than what it holds ends with the next step", () => {
		const { classifier, run } = make();
		classifier.write(samplesOf(7).buffer);
		classifier.configure({ window: 5 });
		classifier.write(samplesOf(7).buffer);
		expect(steps(run())).toEqual([8, 13]);
		expect(() => classifier.configure({ hop: 6 })).toThrow(/hop/);
		classifier.write(samplesOf(4).buffer);
		expect(steps(run())).toEqual([18]);
	});
});

test("smoothing follows the logits by a power of two, exactly, and never leaves 32 bits", () => {
	const { classifier, run } = make({ smoothing: 2 });
	const samples = samplesOf(60);
	classifier.write(samples.buffer);
	let expected: number[] | undefined;
	run().forEach(({ logits }, i) => {
		const fresh = Array.from(logitsOf(blob, part(samples, 10 * i, 10 * (i + 1))));
		expected = expected ? expected.map((s, c) => s + Math.floor(fresh[c]! / 4) - Math.floor(s / 4)) : fresh;
		expect(Array.from(logits)).toEqual(expected);
	});
	const extreme = class extends FakeKernel {
		static sign = 1;
		override outputs(buffer: ArrayBuffer) {
			extreme.sign = -extreme.sign;
			new Int32Array(buffer).fill(extreme.sign > 0 ? 0x7fffffff : -0x80000000);
			new Int32Array(buffer)[0] = extreme.sign > 0 ? -0x80000000 : 0x7fffffff;
		}
	};
	for (const smoothing of [0, 1, 8]) {
		const far = make({ smoothing, kernel: extreme });
		far.classifier.write(samplesOf(1000).buffer);
		for (const { margin } of far.run()) expect(margin).toBeLessThanOrEqual(0xffffffff);
	}
});

test("results under the threshold are not reported", () => {
	const samples = samplesOf(500);
	const all = make();
	all.classifier.write(samples.buffer);
	const every = all.run();
	const threshold = every.map(({ margin }) => margin).sort((a, b) => a - b)[25]!;
	const some = make({ threshold });
	some.classifier.write(samples.buffer);
	expect(some.run()).toEqual(every.filter(({ margin }) => margin >= threshold));
	expect(every.length).toBe(50);
});

describe("settings of the model's stream", () => {
	const samples = samplesOf(4000);
	const margins = () => {
		const all = make();
		all.classifier.write(samples.buffer);
		return all.run().map(({ margin }) => margin);
	};
	const middle = margins().sort((a, b) => a - b)[100]!;
	const stream = { window: 20, hop: 10, smoothing: 1, hold: 0 };
	const own = (settings: object) =>
		openModel(
			fakeBlob(5, {
				steps: 10,
				stream: {
					...stream,
					thresholds: Uint32Array.of(0, BACKGROUND, middle >> 1, middle),
					...settings,
				},
			}),
		);
	/** Every result of the same window, hop and smoothing. */
	const every = () => {
		const { classifier, run } = make({ window: 20, hop: 10, smoothing: 1 });
		classifier.write(samples.buffer);
		return run();
	};

	test("each label has its own threshold, background is never reported, options go over all", () => {
		const { classifier, run } = make({ model: own({}) });
		classifier.write(samples.buffer);
		const least = [0, Number.POSITIVE_INFINITY, middle >> 1, middle];
		const expected = every().filter(({ index, margin }) => margin >= least[index]!);
		expect(new Set(expected.map(({ index }) => index))).toEqual(new Set([0, 2, 3]));
		expect(run()).toEqual(expected);
		const raw = make({ model: own({ hold: 3 }), threshold: 0, hold: 0 });
		raw.classifier.write(samples.buffer);
		expect(raw.run()).toEqual(every());
	});

	test("a hold reports a row of results once, as counted by hand, however the stream is cut or put to sleep", () => {
		const sure = class extends FakeKernel {
			static said: number[] = [];
			override outputs(buffer: ArrayBuffer) {
				new Int32Array(buffer).fill(0)[sure.said.shift()!] = 100;
			}
		};
		const model = own({
			smoothing: 0,
			hop: 0,
			window: 1,
			hold: 2,
			thresholds: Uint32Array.of(0, BACKGROUND, 0, 101),
		});
		const said = [0, 0, 0, 2, 0, 2, 2, 1, 2, 2, 3, 3, 1, 1, 0, 0];
		for (const sleeps of [false, true]) {
			sure.said = [...said];
			let { classifier, run } = make({ model, kernel: sure });
			const reported: number[][] = [];
			for (let i = 0; i < said.length; i++) {
				classifier.write(samples.buffer, 0, 1);
				reported.push(...run().map(({ step, index }) => [step, index]));
				if (!sleeps) continue;
				const state = classifier.saveState();
				classifier.close();
				({ classifier, run } = make({ model, kernel: sure }));
				classifier.restoreState(state);
			}
			// 0 at its second result, not at the third; 2 twice; 3 is never sure enough, 1 is background.
			expect(reported).toEqual([
				...[
					[2, 0],
					[7, 2],
					[10, 2],
				],
				[16, 0],
			]);
			expect(classifier.hasResult).toBe(!sleeps); // the last was restored, and has seen nothing
			classifier.reset();
			expect(classifier.hasResult).toBe(false);
		}
	});
});

describe("manners", () => {
	test("callbacks come later, not from inside a method, with the classifier as this", async () => {
		const seen: unknown[] = [];
		let inside = true;
		const classifier = new Classifier({
			model,
			kernel: FakeKernel,
			onResult(result) {
				expect(inside).toBe(false);
				seen.push(this, result.step);
			},
		});
		classifier.write(samplesOf(20).buffer);
		expect(seen).toEqual([]);
		inside = false;
		await Promise.resolve();
		expect(seen).toEqual([classifier, 10, classifier, 20]);
	});

	test("after close every method throws, close does not, and results on their way are dropped", () => {
		const open = FakeKernel.open;
		const { classifier, run } = make();
		expect(FakeKernel.open).toBe(open + 1);
		classifier.write(samplesOf(10).buffer);
		const state = classifier.saveState();
		classifier.close();
		classifier.close();
		expect(FakeKernel.open).toBe(open);
		expect(run()).toEqual([]);
		for (const method of [
			() => classifier.write(samplesOf(1).buffer),
			() => classifier.read(),
			() => classifier.configure({}),
			() => classifier.reset(),
			() => classifier.saveState(),
			() => classifier.restoreState(state),
		])
			expect(method).toThrow("classifier is closed");
	});

	test("a callback may write, reset and close", () => {
		const samples = samplesOf(10);
		for (const act of ["write", "reset", "close"] as const) {
			const seen: number[] = [];
			const { classifier, run } = make({
				onResult(result) {
					seen.push(result.step);
					if (act === "write" && seen.length < 4) this.write(samples.buffer);
					if (act === "reset") this.reset();
					if (act === "close") this.close();
				},
			});
			classifier.write(samplesOf(20).buffer);
			run();
			expect(seen).toEqual(act === "write" ? [10, 20, 30, 40, 50] : [10]);
		}
	});

	test("what a callback throws goes to the scheduler, and the results after it still come, once each", () => {
		const seen: number[] = [];
		const waiting: (() => void)[] = [];
		const { classifier } = make({
			schedule: (callback) => waiting.push(callback),
			onResult({ step }) {
				seen.push(step);
				if (step === 10 || step === 30) throw new Error(`at ${step}`);
			},
		});
		const thrown: unknown[] = [];
		const run = () => {
			for (let callback = waiting.shift(); callback !== undefined; callback = waiting.shift())
				try {
					callback();
				} catch (error) {
					thrown.push((error as Error).message);
				}
		};
		classifier.write(samplesOf(40).buffer);
		run();
		expect(seen).toEqual([10, 20, 30, 40]);
		classifier.write(samplesOf(20).buffer);
		run();
		expect(seen).toEqual([10, 20, 30, 40, 50, 60]);
		expect(thrown).toEqual(["at 10", "at 30"]);
	});

	test("bad options are named before a kernel is made; unknown ones are ignored and none is changed", () => {
		const open = FakeKernel.open;
		const bad: [string, object][] = [
			["model", { model: undefined }],
			["kernel", { kernel: undefined }],
			["window", { window: -1 }],
			["window", { window: 1.5 }],
			["hop", { hop: 11 }],
			["smoothing", { smoothing: 9 }],
			["threshold", { threshold: Number.NaN }],
			["hold", { hold: 256 }],
			["onResult", { onResult: 5 }],
			["onError", { onError: {} }],
			["schedule", { schedule: "soon" }],
		];
		for (const [name, options] of bad)
			expect(() => new Classifier({ model, kernel: FakeKernel, ...options } as ClassifierOptions)).toThrow(
				name,
			);
		expect(FakeKernel.open).toBe(open);
		const options = Object.freeze({ model, kernel: FakeKernel, colour: "blue" });
		new Classifier(options).close();
	});

	test("samples outside the buffer are refused before the kernel sees any", () => {
		const { classifier } = make();
		const { buffer } = samplesOf(4);
		for (const [offset, count] of [
			[-2, 1],
			[0, 5],
			[0, -1],
			[24, 1],
			[2, undefined],
			[Number.NaN, undefined],
		] as const)
			expect(() => classifier.write(buffer, offset, count)).toThrow(RangeError);
		expect(classifier.read()).toBeUndefined();
	});

	test("what the kernel throws goes to onError, later, or out of write when there is none", () => {
		const errors: unknown[] = [];
		const { classifier, run } = make({ onError: (error) => errors.push(error) });
		FakeKernel.failure = "ESSM_E_LENGTH";
		classifier.write(samplesOf(3).buffer);
		expect(errors).toEqual([]);
		run();
		expect(errors).toEqual([new Error("ESSM_E_LENGTH")]);
		expect(() => make().classifier.write(samplesOf(3).buffer)).toThrow("ESSM_E_LENGTH");
	});
});

test("a saved state goes on elsewhere as if nothing had happened; a damaged one is refused", () => {
	const samples = samplesOf(47);
	const whole = make({ smoothing: 1 });
	whole.classifier.write(samples.buffer);
	const expected = whole.run();
	for (let at = 0; at < 47; at++) {
		const first = make({ smoothing: 1 });
		first.classifier.write(samples.buffer, 0, at);
		const early = first.run();
		const state = first.classifier.saveState();
		const second = make({ smoothing: 1 });
		second.classifier.write(samplesOf(3, 9).buffer);
		second.classifier.restoreState(state);
		second.classifier.write(samples.buffer, 2 * CHANNELS * at);
		expect([...early, ...second.run()]).toEqual(expected);
		for (let bit = 0; bit < 8 * state.byteLength; bit++) {
			const bad = new Uint8Array(state.slice(0));
			bad[bit >> 3]! ^= 1 << (bit & 7);
			expect(() => second.classifier.restoreState(bad.buffer)).toThrow("invalid state");
		}
		expect(() => second.classifier.restoreState(state.slice(1))).toThrow("invalid state");
		first.classifier.close();
		second.classifier.close();
	}
});

describe("models", () => {
	test("open with labels, steps, rate and input scaling, from a longer buffer as well", () => {
		const partition = new Uint8Array(blob.length + 1000).fill(255);
		partition.set(blob, 256);
		for (const bytes of [blob, partition.subarray(256)]) {
			const opened = openModel(bytes);
			expect(opened).toMatchObject({ channels: CHANNELS, outputs: CLASSES, steps: 10, rate: 50 });
			expect(opened.blob.length).toBe(blob.length);
			expect(opened.labels).toEqual(["class 0", "class 1", "class 2", "class 3"]);
		}
		expect(() => openModel(blob.subarray(0, 90))).toThrow("ESSM_E_TRUNCATED");
	});

	test("physical values become samples, limited to what the kernel takes", () => {
		const out = new Int16Array(8);
		scaleSample(model, [10, 1.2, 1e9], out, 2); // scale 0.5, offset 0, 1, 2
		expect(Array.from(out)).toEqual([0, 0, 20, 0, 32767, 0, 0, 0]);
		scaleSample(model, [-1e9, 3, 2], out);
		expect(Array.from(out.subarray(0, 3))).toEqual([-32767, 4, 0]);
	});

	test("logits become probabilities in the blob's units, however large they are", () => {
		const nats = [1.5, 0, -2, 0.5]; // half units of logits
		const sum = nats.reduce((total, value) => total + Math.exp(value), 0);
		for (const base of [0, 2 ** 30, -(2 ** 30)])
			shown(
				model,
				Int32Array.from(nats, (value) => base + 2 * value),
			).forEach((probability, i) => {
				expect(probability).toBeCloseTo(Math.exp(nats[i]!) / sum, 12);
			});
	});

	test("golden vectors are found where the blob's reader finds them, and counted when they come out", () => {
		const places = goldenPlaces(model);
		expect(readGolden(blob, places, CHANNELS)).toEqual(
			[0, 1].map((g) => {
				const samples = Int16Array.from({ length: CHANNELS * 5 }, (_, i) => i * 100 - g * 7);
				return { samples, outputs: logitsOf(blob, samples) };
			}),
		);
		const kernel = new FakeKernel(blob);
		kernel.write(samplesOf(2).buffer);
		expect(selfTest(kernel, model)).toEqual({ passed: 2, total: 2 });
		const wrong = fakeBlob(5, { wrong: true });
		expect(selfTest(new FakeKernel(wrong), openModel(wrong))).toEqual({ passed: 1, total: 2 });
		const cut = openModel(blob);
		const { sections } = cut.container;
		for (const length of [1, 20, 50, 51]) {
			const golden = { start: sections.golden.start, length };
			const container = { ...cut.container, sections: { ...sections, golden } };
			expect(() => goldenPlaces({ ...cut, container })).toThrow("ESSM_E_LAYOUT");
		}
	});
});
