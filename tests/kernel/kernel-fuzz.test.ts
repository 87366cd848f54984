// The kernel under address and undefined-behaviour sanitizers: a corpus of good and hostile blobs, and of models drawn from noise,
// replayed by a program that any compiler builds, then libFuzzer from the good ones where clang is installed. Leaves the seeds in
// build/fuzz/seeds for `make -C firmware/kernel fuzz-run`.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { extremes, noises, randomBlob, randomS5Blob } from "../support/hostile-blob";
import { randomChannels } from "../support/random-channels";
import { random, randomNetwork, randomSamples } from "../support/random-network";
import { randomLayerNorms, randomRmsNorms } from "../support/random-norms";
import { randomDetector, randomValues } from "../support/random-values";

const kernel = fileURLToPath(new URL("../../firmware/kernel", import.meta.url));
const build = fileURLToPath(new URL("../../build/fuzz", import.meta.url));
const vectors = fileURLToPath(new URL("../vectors", import.meta.url));
/** Executions of libFuzzer; FUZZ_RUNS=100000000 for a long run. One in eight with ASan, the others with guard pages, twice as fast. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 40_000);
const LONG = RUNS > 40_000;
const TARGETS = [
	{ target: "fuzz", runs: Math.ceil(RUNS / 8) },
	{ target: "fuzz-fast", runs: RUNS - Math.ceil(RUNS / 8) },
];
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

function make(target: string): void {
	execFileSync("make", ["--no-print-directory", "-C", kernel, target], { stdio: "pipe" });
}

/** An input of the fuzz target: a blob, then samples. */
function input(blob: Uint8Array, samples: Int16Array): Uint8Array {
	return Buffer.concat([blob, new Uint8Array(samples.buffer)]);
}

/** Noise that the fuzz target draws a model from. */
function noise(seed: number): Uint8Array {
	const next = random(seed);
	const bytes = Uint8Array.from({ length: 64 }, () => Math.floor(next() * 256));
	bytes[0] = 0; // an input that begins with "E" is a blob
	return bytes;
}

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "edge-ssm-fuzz-"));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

/** Runs files through the replay program; what the sanitizers report is in the output. */
function replay(files: string[]): { status: number | null; output: string } {
	const { status, stdout, stderr } = spawnSync(join(build, "replay"), files, { encoding: "utf8" });
	return { status, output: `${stdout}${stderr}` };
}

beforeAll(() => {
	make("replay");
	rmSync(join(build, "seeds"), { recursive: true, force: true });
	mkdirSync(join(build, "seeds"), { recursive: true });
	for (const seed of SEEDS)
		writeFileSync(
			join(build, "seeds", `network-${seed}`),
			input(
				(seed & 1 ? randomBlob : randomS5Blob)(seed),
				randomSamples(seed, 12, randomNetwork(seed).input.length),
			),
		);
	for (const seed of SEEDS.slice(0, 8))
		writeFileSync(
			join(build, "seeds", `values-${seed}`),
			input(
				randomBlob(seed, undefined, seed & 1 ? randomValues : randomDetector),
				randomSamples(seed, 12, randomNetwork(seed).input.length),
			),
		);
	for (const seed of SEEDS) writeFileSync(join(build, "seeds", `drawn-${seed}`), noise(seed));
	// every kind and form, small
	for (const name of readdirSync(vectors).filter((file) => file.endsWith(".essm")))
		writeFileSync(
			join(build, "seeds", name),
			input(readFileSync(join(vectors, name)), randomSamples(1, 12, 4)),
		);
});

describe("the kernel with sanitizers", () => {
	test("runs good, wild and hostile blobs without a report", () => {
		const path = folder();
		const files = SEEDS.map((seed) => join(build, "seeds", `network-${seed}`));
		const add = (blob: Uint8Array, samples: Int16Array) => {
			const file = join(path, `${files.length}`);
			writeFileSync(file, input(blob, samples));
			files.push(file);
		};
		for (let seed = 1; seed <= 100; seed++)
			for (const draw of [randomBlob, randomS5Blob])
				for (const hostile of noises(draw(seed), 2)) add(hostile, randomSamples(seed, 20, 6));
		// as many heads as pass in blocks of steps, one more, and many more
		for (let heads = 31; heads <= 40; heads++)
			for (const draw of [randomBlob, randomS5Blob]) add(draw(heads, heads), randomSamples(heads, 40, 6));
		for (let seed = 200; seed < 400; seed++) add(randomS5Blob(seed), randomSamples(seed, 40, 6));
		for (const blob of [randomBlob(7), randomS5Blob(465)])
			for (const hostile of extremes(blob)) add(hostile, randomSamples(7, 5, 6));
		// channel mixers of every kind
		for (let seed = 1; seed <= 60; seed++) {
			const blob = randomBlob(seed, seed > 50 ? seed - 20 : undefined, randomChannels);
			add(blob, randomSamples(seed, 40, 6));
			for (const hostile of noises(blob, 3)) add(hostile, randomSamples(seed, 20, 6));
		}
		// norms over the heads of a step
		for (let seed = 1; seed <= 60; seed++) {
			const heads = seed > 50 ? seed - 20 : undefined;
			const blob = randomBlob(seed, heads, seed & 1 ? randomLayerNorms : randomRmsNorms);
			add(blob, randomSamples(seed, 40, 6));
			for (const hostile of noises(blob, 2)) add(hostile, randomSamples(seed, 20, 6));
		}
		for (const hostile of extremes(randomBlob(7, undefined, randomLayerNorms)))
			add(hostile, randomSamples(7, 5, 6));
		// heads of values, with and without a detector
		for (let seed = 1; seed <= 60; seed++) {
			const blob = randomBlob(
				seed,
				seed > 50 ? seed - 20 : undefined,
				seed & 1 ? randomValues : randomDetector,
			);
			add(blob, randomSamples(seed, 40, 6));
			for (const hostile of noises(blob, 3)) add(hostile, randomSamples(seed, 20, 6));
		}
		for (const hostile of extremes(randomBlob(2, undefined, randomDetector)))
			add(hostile, randomSamples(7, 5, 6));
		for (let seed = 1; seed <= 2000; seed++) add(noise(seed), new Int16Array(0));
		const blob = randomBlob(12);
		for (let length = 0; length < blob.length; length++) add(blob.slice(0, length), new Int16Array(0));
		// a command line takes only so much
		for (let at = 0; at < files.length; at += 10_000) {
			const some = files.slice(at, at + 10_000);
			expect(replay(some)).toEqual({ status: 0, output: `${some.length} inputs\n` });
		}
	});

	test("a promise that does not hold would be seen: a file that is none", () => {
		expect(replay([join(folder(), "nothing")])).toMatchObject({ status: 2 });
	});

	const clang = spawnSync("clang", ["--version"]).status === 0;
	test.skipIf(!clang).each(TARGETS)(
		"survives libFuzzer for a bounded number of runs (needs clang): $target",
		({ target, runs }) => {
			make(target);
			const found = join(build, "found");
			mkdirSync(found, { recursive: true }); // inputs that break a promise are kept
			const corpus = LONG ? join(build, "corpus") : folder(); // a long run goes on from the one before
			mkdirSync(corpus, { recursive: true });
			const bounds = [`-runs=${runs}`, "-seed=1", "-max_len=1024", "-entropic=0", "-print_final_stats=1"];
			const { status, stderr } = spawnSync(
				join(build, target),
				[...bounds, `-artifact_prefix=${found}/`, corpus, join(build, "seeds")],
				{ encoding: "utf8", maxBuffer: 1 << 30 },
			);
			expect(status, stderr.slice(-4000)).toBe(0);
			const executed = Number(/number_of_executed_units: (\d+)/.exec(stderr)![1]);
			const covered = [...stderr.matchAll(/\bcov: (\d+)/g)].at(-1)![1];
			const places = /Loaded 1 PC tables \((\d+) PCs\)/.exec(stderr)![1];
			const counts = /^executions: .*; (\d+) drawn, (\d+) opened\); .*$/m.exec(stderr)!;
			expect(executed).toBeGreaterThanOrEqual(runs);
			expect(Number(counts[2])).toBeGreaterThan(Number(counts[1]) / 2); // most models that are drawn run
			console.log(`${target}: ${executed} executions, ${covered} of ${places} places in the code reached`);
			console.log(`${target}: ${counts[0]}`);
		},
		600_000 + RUNS,
	);
});
