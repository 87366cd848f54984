// Generates the kernel's essm_layout.h and essm_layout.c from the layouts of src/blob and src/network: structs that overlay a
// blob, allowed values of their bytes, and the positions of a component's parts.
import { BLOCK, ENCODER, STAGES } from "../../src/blob/components";
import { HEAD } from "../../src/blob/head";
import {
	ARITHMETIC_VERSIONS,
	CRC_START,
	DETECTOR,
	FORMAT_VERSION,
	HEADER,
	INPUT,
	SECTION,
	SECTIONS,
	STREAM,
} from "../../src/blob/schema";
import { MAX_SMOOTHING } from "../../src/network/detector";
import type { Stored } from "../../src/network/kind";
import {
	FIELD_BYTES,
	type Field,
	headerBytes,
	isAllowed,
	type Layout,
	type Part,
	type Size,
} from "../../src/network/layout";
import { linearFields, linearParts } from "../../src/network/linear";
import { ENCODERS, HEADS, LIMITS } from "../../src/network/network";
import { POLES } from "../../src/network/poles-union";
import { MAX_STREAM_SMOOTHING } from "../../src/network/stream";

const PRELUDE = "made by `npm run generate` from src/blob and src/network. Do not edit.";
type Kinds = Readonly<Record<string, Stored>>;

const LISTS: Record<string, Kinds> = { ...STAGES, encoder: ENCODERS, head: HEADS, poles: POLES };
const COMPONENTS = Object.entries(LISTS).flatMap(([list, kinds]) =>
	Object.values(kinds)
		.filter(({ layout }) => layout.fields.length > 0)
		.map(({ layout, arithmetic }) => ({ layout, arithmetic, name: structName(list, layout) })),
);
const CONTAINERS = [HEADER, SECTION, INPUT, STREAM, DETECTOR, ENCODER, HEAD, BLOCK].map((layout) => ({
	layout,
	arithmetic: ARITHMETIC_VERSIONS.low,
	name: layout.name,
}));

/** "linear" is both an encoder and a map: in C, encoders, heads and kinds of two lists have their list's name too. */
function structName(list: string, { name }: Layout): string {
	const lists = Object.values(LISTS).filter((kinds) =>
		Object.values(kinds).some(({ layout }) => layout.name === name),
	);
	return list === "encoder" || list === "head" || lists.length > 1 ? `${name}_${list}` : name;
}

/** "C.bits" as c_bits; "C.codes" as c. */
function cName(path: string): string {
	return path
		.replace(/\.codes$/, "")
		.replaceAll(".", "_")
		.replace(/([a-z])([A-Z])/g, "$1_$2")
		.toLowerCase();
}

/** Paths of the linear maps among the parts. */
const mapsOf = ({ parts }: Layout) => parts.flatMap(({ shape }) => (shape ? [shape] : []));

const C_TYPES = {
	u8: "uint8_t",
	i8: "int8_t",
	u16: "uint16_t",
	i16: "int16_t",
	u32: "uint32_t",
	f32: "uint32_t",
	bytes32: "uint8_t",
};

/** Members of a header's struct with their offsets; the four bytes of a linear map are one. */
function membersOf(layout: Layout): { text: string; name: string; at: number }[] {
	const members: { text: string; name: string; at: number }[] = [];
	const maps = mapsOf(layout);
	let at = 0;
	let reserved = 0;
	for (const { path, type, about } of layout.fields) {
		const map = maps.find((name) => path.startsWith(`${name}.`));
		if (map === undefined) {
			const name = path === "" ? `reserved${reserved++}` : cName(path);
			const comment =
				path === "" ? "" : ` /* ${about.replaceAll("`", "")}${type === "f32" ? ", as its bits" : ""} */`;
			members.push({
				text: `${C_TYPES[type]} ${name}${type === "bytes32" ? "[32]" : ""};${comment}`,
				name,
				at,
			});
		} else if (path === `${map}.bits`) {
			members.push({ text: `essm_map_header ${cName(map)};`, name: cName(map), at });
		}
		at += FIELD_BYTES[type];
	}
	return members;
}

/** Allowed values of each byte of a header, one bit per value; 0: any. */
function allowedOf(field: Field): number[] {
	if (FIELD_BYTES[field.type] > 1) return Array.from({ length: FIELD_BYTES[field.type] }, () => 0);
	if (field.path && !field.allowed) return [0];
	let mask = 0;
	for (let value = 0; value < 256; value++)
		if (isAllowed(field, value)) {
			if (value > 31) throw new Error(`field ${field.path}: ${value} does not fit a 32-bit mask`);
			mask |= 1 << value;
		}
	return [mask >>> 0];
}

type Component = { layout: Layout; name: string };

/** The first component that is laid out like this one, but for bytes that are 0 here: its structs and its view serve both. */
function firstLike({ layout, name }: Component): string {
	const { fields, parts } = layout;
	const shape = (of: Layout) =>
		JSON.stringify([of.sizes, of.parts, of.fields.map(({ type }) => FIELD_BYTES[type])]);
	const alike = (other: Layout) =>
		shape(other) === shape(layout) &&
		fields.every(({ path, type }, i) => {
			const its = other.fields[i]!;
			return path === "" || (path === its.path && type === its.type);
		});
	return parts.length === 0 ? name : COMPONENTS.find((other) => alike(other.layout))!.name;
}

/** A component that is laid out like `first`. */
function likeStruct({ layout, name }: Component, first: string): string {
	return [
		`/* ${layout.about}: laid out as ${first} */`,
		`typedef essm_${first}_header essm_${name}_header;`,
		`typedef essm_${first}_parts essm_${name}_parts;`,
		`#define essm_${name}_view essm_${first}_view`,
		`extern const essm_check essm_${name}_check;`,
	].join("\n");
}

function struct(component: Component): string {
	const { layout, name } = component;
	const first = firstLike(component);
	if (first !== name) return likeStruct(component, first);
	const members = membersOf(layout);
	const bytes = headerBytes(layout);
	const lines = [
		`/* ${layout.about}: the header */`,
		"typedef struct ESSM_ALIAS {",
		...members.map(({ text }) => `\t${text}`),
		`} essm_${name}_header;`,
		`ESSM_ASSERT(${name}_size, sizeof(essm_${name}_header) == ${bytes});`,
		...members
			.filter(({ name: member }) => !member.startsWith("reserved"))
			.map(
				({ name: member, at }) =>
					`ESSM_ASSERT(${name}_${member}, offsetof(essm_${name}_header, ${member}) == ${at});`,
			),
	];
	if (![HEADER, SECTION, INPUT, STREAM, DETECTOR].includes(layout))
		lines.push(`extern const essm_check essm_${name}_check;`);
	if (layout.parts.length === 0) return lines.join("\n");
	lines.push(
		"",
		`/* where its parts stand; a stride is the bytes of a row */`,
		"typedef struct {",
		`\tconst essm_${name}_header *header;`,
		...mapsOf(layout).map((map) => `\tessm_linear ${cName(map)};`),
		...ownParts(layout).flatMap((part) => {
			const member = cName(part.path);
			return [`\tconst uint8_t *${member};`, ...(part.rows === 1 ? [] : [`\tuint32_t ${member}_stride;`])];
		}),
		`} essm_${name}_parts;`,
		`${viewDeclaration(layout, name)};`,
	);
	return lines.join("\n");
}

/** Parts that are not a linear map's. */
function ownParts(layout: Layout): Part[] {
	const maps = mapsOf(layout);
	return layout.parts.filter(({ path }) => !maps.some((map) => path.startsWith(`${map}.`)));
}

function viewDeclaration({ sizes }: Layout, name: string): string {
	return `const uint8_t *essm_${name}_view(const uint8_t *at, ${sizes.map((size) => `uint32_t ${size}, `).join("")}essm_${name}_parts *view)`;
}

function expression(size: Size, layout: Layout): string {
	if (typeof size === "number") return `${size}`;
	const twice = size.startsWith("2") ? "2 * " : "";
	const name = size.replace(/^2/, "");
	return twice + (layout.sizes.includes(name) ? name : `(uint32_t)header->${cName(name)}`);
}

/** One part of a view: aligns if required, sets its pointer and stride, and advances. */
function viewPart(part: Part, layout: Layout): string[] {
	const map = mapsOf(layout).find((name) => part.path.startsWith(`${name}.`));
	const member = map ? `${cName(map)}.${part.path.slice(map.length + 1)}` : cName(part.path);
	const bits =
		typeof part.bits === "number"
			? `${part.bits}`
			: map
				? `header->${cName(map)}.${cName(part.bits.slice(map.length + 1))}`
				: `header->${cName(part.bits)}`;
	const lines: string[] = [];
	const rows = expression(part.rows, layout);
	const columns = expression(part.columns, layout);
	if (part.bits === 16) lines.push("\tat = essm_even(at);");
	else if (typeof part.bits === "string" && couldBe16(part.bits, layout))
		lines.push(`\tat = ${bits} == 16 ? essm_even(at) : at;`);
	lines.push(`\tview->${member} = at;`);
	if (part.rows === 1)
		lines.push(`\tat += ${part.bits === 8 ? columns : `essm_packed_bytes(${columns}, ${bits})`};`);
	else {
		const stride = map ? `view->${cName(map)}.stride` : `view->${member}_stride`;
		lines.push(`\t${stride} = essm_packed_bytes(${columns}, ${bits});`, `\tat += ${rows} * ${stride};`);
	}
	return lines;
}

/** A linear map as a layout of its own, for the one function that all views of maps call. */
const MAP: Layout = {
	name: "map",
	about: "a linear map",
	sizes: ["rows", "columns"],
	fields: linearFields("map", "map"),
	parts: linearParts("map", "map", "rows", "columns"),
};

function mapView(): string {
	const lines = MAP.parts.flatMap((part) => viewPart(part, MAP)).join("\n");
	return `ESSM_COLD static const uint8_t *view_map(const uint8_t *at, const essm_map_header *header, uint32_t rows, uint32_t columns, essm_linear *map)
{
	map->header = header;
${lines.replaceAll("view->map.", "map->").replaceAll("header->map.", "header->")}
	return at;
}`;
}

/** The parts of a view; those of a linear map by one call. */
function viewParts(layout: Layout): string[] {
	const maps = new Set(mapsOf(layout));
	return layout.parts.flatMap((part) => {
		const map = [...maps].find((name) => part.path.startsWith(`${name}.`));
		if (map === undefined) return viewPart(part, layout);
		if (part.shape !== map) return [];
		const size = [part.rows, part.columns].map((each) => expression(each, layout)).join(", ");
		return [`\tat = view_map(at, &header->${cName(map)}, ${size}, &view->${cName(map)});`];
	});
}

function couldBe16(path: string, layout: Layout): boolean {
	const field = layout.fields.find((candidate) => candidate.path === path);
	return field !== undefined && isAllowed(field, 16);
}

function view({ layout, name }: Component): string {
	return [
		`ESSM_COLD ${viewDeclaration(layout, name)}`,
		"{",
		`\tconst essm_${name}_header *header = (const essm_${name}_header *)(const void *)at;`,
		"\tview->header = header;",
		"\tat += sizeof *header;",
		...viewParts(layout),
		"\treturn essm_aligned(at);",
		"}",
	].join("\n");
}

function check({ layout, arithmetic, name }: { layout: Layout; arithmetic: number; name: string }): string {
	const masks = layout.fields.flatMap(allowedOf);
	let at = 0;
	let kinds = 0;
	for (const { allowed, type } of layout.fields) {
		if (allowed && "kinds" in allowed) kinds |= 1 << at;
		at += FIELD_BYTES[type];
	}
	return [
		`static const uint32_t ${name}_allowed[] = {${masks.map((mask) => (mask ? `0x${mask.toString(16)}` : "0")).join(", ")}};`,
		`const essm_check essm_${name}_check = {${name}_allowed, ${headerBytes(layout)}, 0x${kinds.toString(16)}, ${arithmetic}};`,
	].join("\n");
}

const upper = (name: string) => name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();

/** essm_layout.h */
export function layoutHeader(): string {
	const ids = Object.entries(LISTS).map(
		([list, kinds]) =>
			`enum { ${Object.values(kinds)
				.map(({ id, layout }) => `ESSM_${upper(list)}_${upper(layout.name)} = ${id}`)
				.join(", ")} };`,
	);
	return `/*
 * essm_layout.h - the blob's structs (docs/BLOB.md); ${PRELUDE}
 * A struct overlays the bytes of a blob, which are little-endian; whoever uses one has checked that they are there.
 */
/* clang-format off */
#ifndef ESSM_LAYOUT_H
#define ESSM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "essm_bits.h"

#define ESSM_ASSERT(name, condition) typedef char essm_assert_##name[(condition) ? 1 : -1]

enum {
	ESSM_FORMAT = ${FORMAT_VERSION},
	ESSM_LOWEST_ARITHMETIC = ${ARITHMETIC_VERSIONS.low},
	ESSM_HIGHEST_ARITHMETIC = ${ARITHMETIC_VERSIONS.high},
	ESSM_CRC_START = ${CRC_START},
	ESSM_MAX_CHANNELS = ${LIMITS.channels},
	ESSM_MAX_HEADS = ${LIMITS.H},
	ESSM_MAX_BLOCKS = ${LIMITS.blocks},
	ESSM_MAX_BYTES = 1 << ${Math.log2(LIMITS.blobBytes)},
	ESSM_MAX_STREAM_SMOOTHING = ${MAX_STREAM_SMOOTHING},
	ESSM_MAX_SMOOTHING = ${MAX_SMOOTHING},
	ESSM_MEAN_STEPS = ${LIMITS.meanSteps}
};

/* types of sections, in their order */
enum {
${Object.entries(SECTIONS)
	.map(([name, { type }]) => `\tESSM_SECTION_${upper(name)} = ${type}`)
	.join(",\n")}
};

/* kinds */
${ids.join("\n")}

/* What the bytes of a header may be: for each a bit per value, 0 for any; \`kinds\` has a bit for each byte that names a kind; the
   lowest version of the arithmetic that defines them. */
typedef struct {
	const uint32_t *allowed;
	uint32_t bytes;
	uint32_t kinds;
	uint32_t arithmetic;
} essm_check;

/* How a linear map is packed. */
typedef struct ESSM_ALIAS {
	uint8_t bits; /* of a weight */
	uint8_t preshift;
	uint8_t bias_bits;  /* 8 or 16 */
	uint8_t bias_shift; /* a bias is its code times 2^this */
} essm_map_header;

/* A linear map in the blob: packed rows of weights, a scale and a bias per row. */
typedef struct {
	const essm_map_header *header;
	const uint8_t *weights;
	const uint8_t *scale;
	const uint8_t *bias;
	uint32_t stride;
} essm_linear;

${[...CONTAINERS, ...COMPONENTS].map(struct).join("\n\n")}

#endif
`;
}

/** essm_layout.c */
export function layoutSource(): string {
	return `/* essm_layout.c - where the parts of components stand and what their headers may hold; ${PRELUDE} */
/* clang-format off */
#include "essm_layout.h"

${[...CONTAINERS.filter(({ layout }) => [ENCODER, HEAD, BLOCK].includes(layout)), ...COMPONENTS].map(check).join("\n\n")}

${mapView()}

${COMPONENTS.filter((component) => component.layout.parts.length && firstLike(component) === component.name)
	.map(view)
	.join("\n\n")}
`;
}
