// Partition tables from chips: read as they are documented, and whatever else comes off a chip refused in a sentence.
import fc from "fast-check";
import { expect, test } from "vitest";
import { findApp, findSlots, parsePartitionTable } from "../../host-tools/flashing/partitions";
import { UserError } from "../../host-tools/terminal/errors";
import { ROWS, type Row, shippedRows, tableBytes } from "../support/rom-loader/tables";

const MB4 = 4 * 1024 * 1024;

test("a table gives its rows back", () => {
	expect(parsePartitionTable(tableBytes(), MB4)).toEqual(ROWS);
	const [a, b] = findSlots(ROWS);
	expect([a.offset, b.offset]).toEqual([0x3e0000, 0x3f0000]);
	expect(findApp(ROWS).name).toBe("factory");
});

test("the table that firmware ships with has its slots and the application where the tool looks for them", () => {
	const rows = shippedRows();
	const partitions = parsePartitionTable(tableBytes(rows), MB4);
	expect(partitions).toEqual(rows);
	expect(findSlots(partitions).map(({ length }) => length)).toEqual([0x10000, 0x10000]);
	expect(findApp(partitions)).toMatchObject({ offset: 0x10000 });
});

test("a label of 16 bytes has no zero behind it", () => {
	const rows = [{ ...ROWS[0]!, name: "sixteen_letters_" }];
	expect(parsePartitionTable(tableBytes(rows), MB4)[0]!.name).toBe("sixteen_letters_");
});

const change = (index: number, row: Partial<Row>) => ROWS.map((r, i) => (i === index ? { ...r, ...row } : r));

test.each<[string, readonly Row[], RegExp]>([
	["over another", change(3, { offset: 0x30f000 }), /"model_a" that overlaps "factory"/],
	["over the table", change(0, { offset: 0x8000 }), /"nvs" that overlaps the table itself/],
	["behind the flash", change(4, { length: 0x11000 }), /"model_b" ends at 0x401000, the flash at 0x400000/],
	["that wraps around", change(4, { offset: 0xfffff000, length: 0x2000 }), /"model_b" ends at 0x100001000/],
	["of half a sector", change(3, { length: 0x800 }), /"model_a" that is not a multiple of a sector/],
	["of nothing", change(3, { length: 0 }), /"model_a" that is not a multiple of a sector/],
])("a partition %s is refused", (_, rows, message) => {
	expect(() => parsePartitionTable(tableBytes(rows), MB4)).toThrow(message);
});

test.each<[string, readonly Row[], RegExp]>([
	["missing", ROWS.slice(0, 4), /has 0 partitions "model_b"/],
	["there twice", change(3, { name: "model_b" }), /has 0 partitions "model_a"/],
	["code", change(4, { type: 0 }), /"model_b" is not a model slot \(type 0/],
	["of one sector", change(4, { length: 0x1000 }), /"model_b" is not a model slot/],
])("a slot that is %s is refused", (_, rows, message) => {
	expect(() => findSlots(parsePartitionTable(tableBytes(rows), MB4))).toThrow(message);
});

/** Either a table or a sentence; anything else that is thrown fails the test. */
function parseOrSentence(bytes: Uint8Array): boolean {
	try {
		parsePartitionTable(bytes, MB4);
		return true;
	} catch (error) {
		expect(error).toBeInstanceOf(UserError);
		return false;
	}
}

test("every changed byte up to the MD5 is found", () => {
	const bytes = tableBytes();
	const md5 = 32 * ROWS.length;
	for (let at = 0; at < md5 + 32; at++) {
		const changed = bytes.slice();
		changed[at]! ^= 0x10;
		const unused = at >= md5 + 2 && at < md5 + 16;
		expect(parseOrSentence(changed), `byte ${at}`).toBe(unused);
	}
});

test("noise and cut tables are refused", () => {
	for (let length = 0; length < 32 * (ROWS.length + 1); length++)
		expect(parseOrSentence(tableBytes().subarray(0, length))).toBe(false);
	fc.assert(fc.property(fc.uint8Array({ maxLength: 0xc00 }), (noise) => !parseOrSentence(noise)));
	const entry = fc.uint8Array({ minLength: 30, maxLength: 30 }).map((rest) => [0xaa, 0x50, ...rest]);
	fc.assert(
		fc.property(fc.array(entry, { maxLength: 96 }), (rows) => !parseOrSentence(Uint8Array.from(rows.flat()))),
	);
});
