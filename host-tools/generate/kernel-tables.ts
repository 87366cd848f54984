// Generates the kernel's essm_tables.c from src/arithmetic/tables.ts.
import { COSINE, GAIN, INVERSE_ROOT, PHI, RADIUS } from "../../src/arithmetic/tables";
import { PHI_TABLES } from "../../src/network/gelu";
import { GATE_TABLES } from "../../src/network/glu";

type Table = Uint8Array | Int16Array | Uint16Array;

const TYPES = { Uint8Array: "uint8_t", Int16Array: "int16_t", Uint16Array: "uint16_t" } as const;
const typeOf = (table: Table) => TYPES[table.constructor.name as keyof typeof TYPES];

/** `{ 1, 2, ... }` in lines of 16 numbers. */
function braces(table: Table, indent = ""): string {
	const lines = Array.from({ length: Math.ceil(table.length / 16) }, (_, i) =>
		[...table.subarray(16 * i, 16 * i + 16)].join(", "),
	);
	return `${indent}{\n${lines.map((line) => `${indent}\t${line},\n`).join("")}${indent}}`;
}

const flat = (about: string, name: string, table: Table) =>
	`/* ${about} */\nconst ${typeOf(table)} ${name}[${table.length}] = ${braces(table)};`;

/**
 * Several tables of Phi in one, in the order of the bytes that name them in a blob, as segments between entries: each segment's
 * line as its value at 0 and its rise. The last segment is level.
 */
function segments(about: string, name: string, names: readonly (keyof typeof PHI)[]): string {
	const body = names.map((key) => {
		const table = PHI[key];
		const count = table.length - 1;
		const cells = Array.from({ length: count }, (_, i) => {
			const slope = i + 1 < count ? table[i + 1]! - table[i]! : 0;
			return `{${table[i]! - slope * i}, ${slope}}`;
		});
		const lines = Array.from({ length: Math.ceil(count / 10) }, (_, i) =>
			cells.slice(10 * i, 10 * i + 10).join(", "),
		);
		return `\t{\n${lines.map((line) => `\t\t${line},\n`).join("")}\t},\n`;
	});
	const size = `[${names.length}][${PHI[names[0]!].length - 1}]`;
	return `/* ${about}: ${names.join(", ")} */\nconst essm_segment ${name}${size} = {\n${body.join("")}};`;
}

/** essm_tables.c */
export function tablesSource(): string {
	return `/* essm_tables.c - the tables of docs/ARITHMETIC.md, section 2; made by \`npm run generate\` from src/arithmetic/tables.ts. Do not edit. */
/* clang-format off */
#include "essm_internal.h"

${[
	segments("Segments of Phi from |v| = i / 8 on, Q15", "essm_phi", PHI_TABLES),
	segments("What opens a gate, likewise", "essm_gate", GATE_TABLES),
	flat("cos(pi / 2 * i / 256), Q15", "essm_cosine", COSINE),
	flat("exp(-2^(1 - i / 16)), Q15", "essm_radius", RADIUS),
	flat("2^((i + 1) / 2)", "essm_gain", GAIN),
	flat("1 / sqrt((i + 16.5) / 64), Q7", "essm_inverse_root", INVERSE_ROOT),
].join("\n\n")}
`;
}
