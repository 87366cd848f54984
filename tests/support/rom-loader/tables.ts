// Partition tables and firmware images for tests, built by the documented layout and not by the code that is tested.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { projectPath } from "../../../host-tools/files/project";

export interface Row {
	name: string;
	type: number;
	subtype: number;
	offset: number;
	length: number;
}

/** A 4 MB flash as the firmware has it: an application, two model slots. */
export const ROWS: readonly Row[] = [
	{ name: "nvs", type: 1, subtype: 2, offset: 0x9000, length: 0x6000 },
	{ name: "phy_init", type: 1, subtype: 1, offset: 0xf000, length: 0x1000 },
	{ name: "factory", type: 0, subtype: 0, offset: 0x10000, length: 0x300000 },
	{ name: "model_a", type: 1, subtype: 6, offset: 0x3e0000, length: 0x10000 },
	{ name: "model_b", type: 1, subtype: 6, offset: 0x3f0000, length: 0x10000 },
];

export function tableBytes(rows: readonly Row[] = ROWS): Uint8Array {
	const bytes = new Uint8Array(0xc00).fill(0xff);
	const view = new DataView(bytes.buffer);
	rows.forEach(({ name, type, subtype, offset, length }, i) => {
		const at = 32 * i;
		bytes.fill(0, at, at + 32);
		view.setUint16(at, 0x50aa, true);
		bytes[at + 2] = type;
		bytes[at + 3] = subtype;
		view.setUint32(at + 4, offset, true);
		view.setUint32(at + 8, length, true);
		bytes.set(Buffer.from(name), at + 12);
	});
	const end = 32 * rows.length;
	view.setUint16(end, 0xebeb, true);
	bytes.set(createHash("md5").update(bytes.subarray(0, end)).digest(), end + 16);
	return bytes;
}

/** Bytes that begin as an application image for a chip does; `fill` makes the rest. */
export function imageBytes(length: number, chipId: number, fill = 1): Uint8Array {
	const bytes = Uint8Array.from({ length }, (_, i) => Math.imul(i + fill, 0x9e3779b1) >>> 24);
	bytes.set([0xe9, 1, 2, 0x20]);
	bytes[12] = chipId;
	bytes[13] = 0;
	return bytes;
}

/** The rows of the partition table that firmware ships with. */
export function shippedRows(): Row[] {
	const types: Record<string, number> = { app: 0, data: 1 };
	const subtypes: Record<string, number> = { factory: 0, phy: 1, nvs: 2, undefined: 6, spiffs: 0x82 };
	return readFileSync(projectPath("manifests/partitions.csv"), "utf8")
		.split("\n")
		.filter((line) => /^\w/.test(line))
		.map((line) => line.split(",").map((cell) => cell.trim()))
		.map(([name, type, subtype, offset, length]) => ({
			...{ name: name!, type: types[type!]!, subtype: subtypes[subtype!]! },
			...{ offset: Number(offset), length: Number(length) },
		}));
}
