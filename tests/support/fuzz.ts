// Fuzzing of readers in this process: seeds of each format are damaged with knowledge of its structure, and what leads to a new
// outcome is damaged further. The same runs on every machine: FUZZ_SEED and FUZZ_READER_RUNS choose others. Anything but a result
// or a refusal in one sentence fails, and its input is kept in build/fuzz/found. A long run keeps its corpus in build/fuzz/readers.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "vitest";
import { Random } from "../../host-tools/datasets/random";
import { UserError } from "../../host-tools/terminal/errors";
import { printable } from "../../host-tools/terminal/printable";

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const USUAL_RUNS = 500;
const RUNS = Number(process.env.FUZZ_READER_RUNS ?? USUAL_RUNS);
const LONG = RUNS > USUAL_RUNS;
const FOLDER = resolve("build/fuzz");
const MOST_BYTES = 1 << 16;
const MOST_MEMORY = 2 ** 29;
/** Of the inputs with new outcomes. */
const MOST_KEPT = 5000;

export interface Target {
	name: string;
	/** Files of the reader, from the project's root; how much of their code is reached is printed. */
	files: string[];
	seeds: Uint8Array[];
	/** A damaged copy of a seed or of what came of one, `others`. */
	damage: (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;
	/** What is read; well-formed, or it throws. A refusal is a UserError. A text names the outcome. */
	read: (bytes: Uint8Array) => unknown;
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

/** Numbers at the limits of fields. */
const EXTREMES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** One to four changes of bytes; `words` are inserted. */
export function damageBytes(
	bytes: Uint8Array,
	random: Random,
	others: readonly Uint8Array[],
	words: readonly (string | Uint8Array)[] = [],
): Uint8Array {
	let copy = Buffer.from(bytes);
	const replace = (at: number, length: number, by: Uint8Array) => {
		copy = Buffer.concat([copy.subarray(0, at), by, copy.subarray(at + length)]);
	};
	for (let n = 1 + random.below(4); n > 0; n--) {
		const at = random.below(copy.length + 1);
		const length = Math.min(copy.length - at, 1 + random.below(random.chance(0.1) ? 200 : 8));
		switch (random.below(copy.length ? 8 : 1)) {
			case 0:
				replace(at, 0, Buffer.from(words.length ? pick(random, words) : [random.below(256)]));
				break;
			case 1:
				copy[at] = random.below(256);
				break;
			case 2:
				if (at < copy.length) copy[at]! ^= 1 << random.below(8);
				break;
			case 3:
				replace(at, length, Buffer.alloc(0));
				break;
			case 4:
				replace(random.below(copy.length), 0, copy.subarray(at, at + length));
				break;
			case 5: {
				const size = pick(random, [1, 2, 4]);
				const value = pick(random, EXTREMES);
				if (at + size <= copy.length) copy.writeUIntLE(value % 2 ** (8 * size), at, size);
				break;
			}
			case 6: {
				const other = pick(random, others);
				const from = random.below(other.length + 1);
				replace(at, length, other.subarray(from, from + 1 + random.below(32)));
				break;
			}
			default:
				if (random.chance(0.1)) copy = copy.subarray(0, at);
				else if (words.length) replace(at, length, Buffer.from(pick(random, words)));
		}
	}
	return new Uint8Array(copy.subarray(0, MOST_BYTES));
}

const HOSTILE = [
	null,
	true,
	-1,
	0,
	1.5,
	2 ** 31,
	2 ** 53,
	1e308,
	"",
	"\n",
	"\u202e",
	"__proto__",
	[],
	{},
	[[]],
];

/** JSON of which some values are replaced, dropped, doubled or moved. */
export function damageJson(json: unknown, random: Random): unknown {
	const copy = structuredClone(json);
	const places: [holder: Record<string, unknown>, key: string][] = [];
	const walk = (value: unknown) => {
		if (typeof value !== "object" || value === null) return;
		for (const key of Object.keys(value)) {
			places.push([value as Record<string, unknown>, key]);
			walk((value as Record<string, unknown>)[key]);
		}
	};
	walk(copy);
	for (let n = 1 + random.below(3); n > 0 && places.length; n--) {
		const [holder, key] = pick(random, places);
		const [other, otherKey] = pick(random, places);
		switch (random.below(5)) {
			case 0:
				if (Array.isArray(holder)) holder.splice(Number(key), 1);
				else delete holder[key];
				break;
			case 1:
				holder[Array.isArray(holder) ? holder.length : `${key}${random.below(3)}`] = structuredClone(
					holder[key],
				);
				break;
			case 2:
				holder[key] = structuredClone(other[otherKey]);
				break;
			case 3:
				holder[key] =
					typeof holder[key] === "number" ? (holder[key] as number) + random.below(9) - 4 : random.below(9);
				break;
			default:
				holder[key] = structuredClone(pick(random, HOSTILE));
		}
	}
	return copy;
}

/** Throws unless an error is a refusal that may be shown to a person. */
export function checkRefusal(error: unknown): void {
	if (!(error instanceof UserError)) throw error;
	const shown = printable(error.message);
	if (!/^\S.*\S$/.test(shown) || shown.length > 2000 || /undefined|\[object /.test(shown))
		throw new Error(`a refusal that does not help: ${JSON.stringify(shown.slice(0, 3000))}`);
}

/** Where an error was thrown, as a name of this outcome. */
const placeOf = (error: Error) =>
	(error.stack ?? "")
		.split("\n")
		.filter((line) => /:\d+:\d+\)?$/.test(line))
		.slice(0, 6)
		.join("\n");

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/** The fraction of the files' code that has run since the last call; undefined where the engine does not tell. */
async function reached(files: readonly string[]): Promise<number | undefined> {
	const { result } = await session.post("Profiler.takePreciseCoverage");
	let all = 0;
	let run = 0;
	for (const file of files) {
		const url = pathToFileURL(resolve(file)).href;
		for (const { functions } of result.filter(
			(script) => script.url === url || script.url === resolve(file),
		)) {
			// ranges are nested: the innermost decides
			const ranges = functions.slice(1).flatMap((one) => one.ranges);
			const ends = [...new Set(ranges.flatMap((range) => [range.startOffset, range.endOffset]))].sort(
				(a, b) => a - b,
			);
			ends.slice(1).forEach((end, i) => {
				const inner = ranges
					.filter((range) => range.startOffset <= ends[i]! && range.endOffset >= end)
					.sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))[0];
				if (!inner) return;
				all += end - ends[i]!;
				if (inner.count) run += end - ends[i]!;
			});
		}
	}
	return all ? run / all : undefined;
}

/** Runs a target; fails at the first input that is neither read nor refused. */
export async function fuzz({ name, files, seeds, damage, read }: Target): Promise<void> {
	const corpus = join(FOLDER, "readers", name);
	if (LONG) mkdirSync(corpus, { recursive: true });
	const kept = LONG
		? readdirSync(corpus).map((file) => new Uint8Array(readFileSync(join(corpus, file))))
		: [];
	const pool = [...seeds, ...kept];
	const outcomes = new Set<string>();
	const memory = process.memoryUsage.rss();
	const stream = [...name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 0);
	let accepted = 0;
	await reached(files);
	for (let run = 0; run < pool.length + RUNS; run++) {
		// first what is there as it is; a long run starts elsewhere each time
		const random = new Random(SEED, stream, run + kept.length * 1_000_003);
		const input =
			run < seeds.length + kept.length
				? pool[run]!
				: damage(pick(random, random.chance(0.5) ? seeds : pool), random, pool);
		if (run >= seeds.length + kept.length + RUNS) break;
		let outcome = "read";
		try {
			const result = await read(input);
			if (typeof result === "string") outcome = result;
			accepted++;
		} catch (error) {
			try {
				checkRefusal(error);
			} catch (defect) {
				mkdirSync(join(FOLDER, "found"), { recursive: true });
				const file = join(FOLDER, "found", `${name}-${run}`);
				writeFileSync(file, input);
				throw new Error(`${name}, FUZZ_SEED=${SEED}, run ${run}, input kept as ${file}`, { cause: defect });
			}
			outcome = placeOf(error as Error);
		}
		if (outcomes.has(outcome) || pool.length >= MOST_KEPT) continue;
		outcomes.add(outcome);
		if (run < seeds.length + kept.length) continue;
		pool.push(input);
		if (LONG) writeFileSync(join(corpus, `${kept.length}-${run}`), input);
	}
	const share = await reached(files);
	console.log(
		`${name}: ${RUNS} executions by FUZZ_SEED=${SEED}, ${accepted} read, ${outcomes.size} outcomes, ` +
			`${share === undefined ? "unknown" : `${Math.round(100 * share)} %`} of the reader's code reached`,
	);
	expect(accepted).toBeGreaterThanOrEqual(seeds.length);
	expect(outcomes.size).toBeGreaterThan(2);
	expect(process.memoryUsage.rss() - memory).toBeLessThan(MOST_MEMORY);
}
