// Damaged and hostile blobs: TypeScript reader and C kernel refuse the same ones by the same name, and compute the same
// bytes with the ones that are well-formed, whatever their numbers are.
import { describe, expect, test } from "vitest";
import { BlobError } from "../../src/blob/blob-error";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { LIMITS } from "../../src/network/limits";
import {
	assembled,
	changed,
	componentHeaders,
	extremes,
	headerAt,
	kernelVerdict,
	noises,
	randomBlob,
	randomS5Blob,
	readerVerdict,
	sectionsIn,
} from "../support/hostile-blob";
import { randomChannels } from "../support/random-channels";
import { randomSamples } from "../support/random-network";

/** Small ones; all formats of A, both poolings, both roundings. */
const BLOBS = [
	...[1, 9, 21, 29].map((seed) => ({ name: `S4D ${seed}`, blob: randomBlob(seed) })),
	...[135, 465, 467, 490].map((seed) => ({ name: `S5 ${seed}`, blob: randomS5Blob(seed) })),
	// half_glu1, half_glu2, ungated
	...[23, 557, 449].map((seed) => ({
		name: `channel mixers ${seed}`,
		blob: randomBlob(seed, undefined, randomChannels),
	})),
];
const samples = randomSamples(9, 4, 6);

/** Both verdicts, held equal. */
function verdict(blob: Uint8Array, what: string): string {
	const said = readerVerdict(blob, samples);
	expect(kernelVerdict(blob, samples), what).toBe(said);
	return said;
}

function named(verdict: string): string {
	return verdict.startsWith("ESSM_E_") ? verdict : "accepted";
}

describe("damage", () => {
	test("a blob cut off at any byte is refused by both", () => {
		const blob = randomBlob(3);
		for (let length = 0; length < blob.length; length++)
			expect(verdict(blob.slice(0, length), `cut at ${length}`)).toBe("ESSM_E_TRUNCATED");
	});

	test("a flip of any bit is found, by the CRC-32 wherever it covers", () => {
		for (const seed of [1, 6]) {
			const blob = randomBlob(seed);
			for (let bit = 0; bit < blob.length * 8; bit++) {
				const copy = blob.slice();
				copy[bit >> 3]! ^= 1 << (bit & 7);
				const said = verdict(copy, `bit ${bit}`);
				if (bit >= 8 * headerAt("crc")) expect(said).toBe("ESSM_E_CRC");
				else expect(said).toMatch(/^ESSM_E_(MAGIC|VERSION|TRUNCATED|LAYOUT|CRC)$/);
			}
		}
	});

	test("what follows a blob, as in a partition, is not looked at", () => {
		const blob = randomBlob(5);
		const partition = new Uint8Array(blob.length + 999).fill(0xff);
		partition.set(blob);
		expect(verdict(partition, "longer")).toBe(verdict(blob, "alone"));
	});

	test("wrong versions and other files are named", () => {
		const blob = randomBlob(1);
		expect(verdict(new Uint8Array(4096), "zeros")).toBe("ESSM_E_MAGIC");
		expect(verdict(new Uint8Array(4096).fill(255), "erased flash")).toBe("ESSM_E_MAGIC");
		for (const at of [headerAt("format"), headerAt("arithmetic")])
			for (const version of [0, 1, 4, 0xffff])
				expect(
					verdict(
						changed(blob, (_, view) => view.setUint16(at, version, true)),
						"version",
					),
				).toBe("ESSM_E_VERSION");
	});

	test("more than 16 MiB is refused even when it is there", () => {
		const big = new Uint8Array(LIMITS.blobBytes + 4);
		big.set(randomBlob(1));
		new DataView(big.buffer).setUint32(headerAt("length"), big.length, true);
		expect(verdict(big, "oversize")).toBe("ESSM_E_LAYOUT");
	});
});

describe("malice, with a CRC-32 that matches", () => {
	test.each(BLOBS)("network $name: every byte flipped", ({ blob }) => {
		const seen = new Set<string>();
		for (let at = 0; at < blob.length; at++)
			for (const mask of [0x01, 0x80, 0xff]) {
				const hostile = changed(blob, (copy) => {
					copy[at]! ^= mask;
				});
				seen.add(named(verdict(hostile, `byte ${at} ^ ${mask}`)));
			}
		for (const name of ["VERSION", "LAYOUT", "SHAPE", "PRECISION"]) expect(seen).toContain(`ESSM_E_${name}`);
		expect(seen).toContain("accepted");
	});

	test.each(BLOBS)("network $name: every field at its extremes", ({ blob }) => {
		const seen = new Set<string>();
		let count = 0;
		for (const hostile of extremes(blob)) seen.add(named(verdict(hostile, `case ${count++}`)));
		for (const name of ["TRUNCATED", "VERSION", "LAYOUT", "SHAPE", "PRECISION"])
			expect(seen).toContain(`ESSM_E_${name}`);
		expect(seen).toContain("accepted");
	});

	test("numbers that overflow everywhere give the same bytes: sums wrap alike", () => {
		let accepted = 0;
		for (let seed = 1; seed <= 100; seed++)
			for (const draw of [randomBlob, randomS5Blob])
				for (const hostile of noises(draw(seed), 3))
					if (named(verdict(hostile, `network ${seed}`)) === "accepted") accepted++;
		expect(accepted).toBe(600);
	});

	test("fields of one block moved, repeated and left out", () => {
		for (const { blob } of BLOBS) {
			const { start } = readContainer(blob).blocks[0]!;
			for (let shift = 1; shift < 20; shift++)
				verdict(
					changed(blob, (copy) => copy.copyWithin(start, start + shift)),
					`shift ${shift}`,
				);
			for (const { at, bytes } of componentHeaders(blob))
				for (let to = 64; to + bytes < blob.length; to += 12)
					verdict(
						changed(blob, (copy) => copy.copyWithin(to, at, at + bytes)),
						`header ${at} at ${to}`,
					);
		}
	});

	test("sections left out, repeated and in another order", () => {
		for (const { blob } of BLOBS) {
			const pieces = sectionsIn(blob).map(({ bytes }) => bytes);
			const joined = (sections: Uint8Array[]) => assembled(blob, sections);
			pieces.forEach((piece, i) => {
				verdict(joined(pieces.filter((_, j) => j !== i)), `without section ${i}`);
				verdict(joined([...pieces.slice(0, i), piece, ...pieces.slice(i)]), `section ${i} twice`);
				if (i > 0)
					verdict(
						joined([...pieces.slice(0, i - 1), piece, pieces[i - 1]!, ...pieces.slice(i + 1)]),
						`section ${i} before its turn`,
					);
			});
		}
	});

	test("the reader's error begins with the kernel's name and says more", () => {
		const cut = changed(randomBlob(1), (_, view) => view.setUint16(headerAt("H"), 0, true));
		expect(() => readBlob(cut)).toThrow(BlobError);
		expect(() => readBlob(cut)).toThrow(
			/^ESSM_E_SHAPE: the header: heads H is 0, which this reader does not have\.$/,
		);
	});
});
