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

/** Several tables in one, in the order of the bytes that name them in a blob. */
function rows(about: string, name: string, names: readonly (keyof typeof PHI)[]): string {
	const tables = names.map((key) => PHI[key]);
	const body = tables.map((table) => `${braces(table, "\t")},\n`).join("");
	return `/* ${about}: ${names.join(", ")} */\nconst uint16_t ${name}[${names.length}][${tables[0]!.length}] = {\n${body}};`;
}

/** essm_tables.c */
export function tablesSource(): string {
	return `/* essm_tables.c - the tables of docs/ARITHMETIC.md, section 2; made by \`npm run generate\` from src/arithmetic/tables.ts. Do not edit. */
/* clang-format off */
#include "essm_internal.h"

${[
	rows("Phi of |v| = i / 8, Q15", "essm_phi", PHI_TABLES),
	rows("What opens a gate, likewise", "essm_gate", GATE_TABLES),
	flat("cos(pi / 2 * i / 256), Q15", "essm_cosine", COSINE),
	flat("exp(-2^(1 - i / 16)), Q15", "essm_radius", RADIUS),
	flat("2^((i + 1) / 2)", "essm_gain", GAIN),
	flat("1 / sqrt((i + 16.5) / 64), Q7", "essm_inverse_root", INVERSE_ROOT),
].join("\n\n")}
`;
}
