// Generates src/blob/places.ts from the layouts: where a device finds what it reads of a blob that the kernel has checked.
import { HEAD } from "../../src/blob/head";
import { DETECTOR, HEADER, INPUT, SECTION, SECTIONS, STREAM } from "../../src/blob/schema";
import { FIELD_BYTES, headerBytes, type Layout } from "../../src/network/layout";
import { HEADS } from "../../src/network/network";

/** "ditherSeed" as DITHER_SEED. */
const constantName = (path: string): string => path.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();

/** Offsets of the fields with names, by path. */
function offsets({ fields }: Layout): Map<string, number> {
	const found = new Map<string, number>();
	let at = 0;
	for (const { path, type } of fields) {
		if (path !== "") found.set(path, at);
		at += FIELD_BYTES[type];
	}
	return found;
}

function ofLayout(name: string, layout: Layout): string[] {
	const lines = [`export const ${name}_BYTES = ${headerBytes(layout)};`];
	for (const [path, at] of offsets(layout)) lines.push(`export const ${name}_${constantName(path)} = ${at};`);
	return lines;
}

/** A head's fields that streams depend on, from the start of its section; 0: it does not have the field. */
function ofHead({ id, scaled, layout }: (typeof HEADS)[keyof typeof HEADS]): string {
	const found = offsets(layout);
	const place = (path: string) => (found.has(path) ? headerBytes(HEAD) + found.get(path)! : 0);
	const places = ["outputs", "pooling", "moment", "ahead"].map((path) => `${path}: ${place(path)}`);
	return `\t{ id: ${id}, scaled: ${scaled}, ${places.join(", ")} },`;
}

export function placesSource(): string {
	return [
		"// Where the fields are that devices read of a blob, in bytes; made by `npm run generate` from the layouts. Do not edit.",
		'import { frozen } from "../network/frozen";',
		"",
		...Object.entries({ HEADER, SECTION, INPUT, STREAM, DETECTOR }).flatMap(([name, layout]) =>
			ofLayout(name, layout),
		),
		"",
		"/** Types of sections. */",
		...Object.entries(SECTIONS).map(
			([name, { type }]) => `export const TYPE_${constantName(name)} = ${type};`,
		),
		"",
		"/** Heads: offsets from the start of the section; 0: there is no such field. */",
		"export const HEADS = /* @__PURE__ */ frozen([",
		...Object.values(HEADS).map(ofHead),
		"]);",
		"",
	].join("\n");
}
