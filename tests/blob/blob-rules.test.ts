// The checks of docs/BLOB.md, each by its number: blobs that break exactly one of them, which both readers refuse by its name;
// and that page, sources and tests have the same numbers.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { GENERATED } from "../../host-tools/generate/files";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import type { S4dMixer } from "../../src/network/s4d";
import { changed, headerAt, kernelVerdict, readerVerdict } from "../support/hostile-blob";
import {
	added,
	golden,
	good,
	H,
	mixer,
	norm,
	RULE_BREAKERS,
	samples,
	scales,
	set32,
	setFloat,
	without,
} from "../support/rule-breakers";

describe("both readers refuse, by the name of", () => {
	test.each(RULE_BREAKERS)("%s: %s (%s)", (_rule, _what, error, make) => {
		const blob = make();
		expect([readerVerdict(blob, samples), kernelVerdict(blob, samples)]).toEqual([
			`ESSM_E_${error}`,
			`ESSM_E_${error}`,
		]);
	});
});

test("[B22] the reader names the field that it refuses, and its number", () => {
	const refusal = (at: number, value: number) => () =>
		readBlob(
			changed(good, (copy) => {
				copy[at] = value;
			}),
		);
	expect(refusal(64 + 8 + 3, 1)).toThrow("ESSM_E_PRECISION: the input section: a reserved byte is not 0.");
	expect(refusal(63, 17)).toThrow(
		"ESSM_E_PRECISION: the header: bits of the residual stream is 17, which this reader does not have.",
	);
	expect(refusal(norm - 8, 99)).toThrow(
		/^ESSM_E_KIND: block 0: .* is 99, which this reader does not have\.$/,
	);
});

test.each(["input", "encoder", "head", "labels"] as const)("[B13] without section %s it is named", (name) => {
	expect(() => readContainer(without(name))).toThrow(`ESSM_E_LAYOUT: section ${name} is missing.`);
});

describe("both readers accept", () => {
	const logits = (blob: Uint8Array) => {
		const said = readerVerdict(blob, samples);
		expect(kernelVerdict(blob, samples)).toBe(said);
		expect(said).not.toMatch(/^ESSM/);
		return said;
	};

	test("the blob itself, and one without optional sections", () => {
		const expected = logits(good);
		for (const name of ["golden", "notes", "signature"] as const)
			expect(logits(without(name))).toBe(expected);
	});

	test("an optional section of a type that they do not know, wherever it stands", () => {
		for (const type of [1, 17, 81, 65_534]) expect(logits(added(type, false))).toBe(logits(good));
	});

	test("the greatest of what is bounded: 65,536 steps of a golden vector, a rate of -0, a zero shifted by 6", () => {
		logits(golden(65_536));
		logits(setFloat(scales - 4, -0));
		logits(
			changed(good, (copy) => {
				copy[norm + 4] = (copy[norm + 4]! & ~7) | 6;
			}),
		);
	});

	test("any number of the model, seed and steps, and keep them", () => {
		for (const field of ["version", "ditherSeed", "steps"]) logits(set32(headerAt(field), 0xffffffff));
		expect(readBlob(set32(headerAt("version"), 0xfffffffe)).version).toBe(0xfffffffe);
	});

	test("a shift of B of 31: what leaves 32 bits is gone, in both alike", () => {
		const shifted = changed(good, (copy) => copy.fill(0xff, mixer + 12, mixer + 12 + Math.ceil((5 * H) / 8)));
		logits(shifted);
		expect(readBlob(shifted).blocks.flatMap(({ mixer }) => [...(mixer as S4dMixer).B.shift])).toContain(31);
	});
});

test("both readers cite all checks of the page in their places", () => {
	const cited = (...files: string[]) =>
		new Set(
			files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\bB\d+\b/g)].map(([rule]) => rule)),
		);
	const kernel = readdirSync("firmware/kernel").filter((file) => file.endsWith(".c"));
	const rules = [...readFileSync("docs/BLOB.md", "utf8").matchAll(/^- \*\*(B\d+)\.\*\*/gm)].map(
		([, rule]) => rule!,
	);
	expect(rules).toEqual(rules.map((_, i) => `B${i + 1}`));
	expect(rules.length).toBeGreaterThan(20);
	expect(cited(...kernel.map((file) => `firmware/kernel/${file}`))).toEqual(new Set(rules));
	const onHost = rules.slice(1); // B1 is the kernel's alone: tests/firmware/xs-kernel.test.ts
	expect(
		cited(...["container", "codec", "detector", "read", "stream"].map((file) => `src/blob/${file}.ts`)),
	).toEqual(new Set(onHost));
	expect([...new Set(RULE_BREAKERS.map(([rule]) => rule))]).toEqual(onHost);
});

test.each(GENERATED)("$path is what `npm run generate` would write", ({ path, make }) => {
	const now = readFileSync(path, "utf8");
	expect(make(now)).toBe(now);
});
