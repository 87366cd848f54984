// The tables of docs/BLOB.md, between the lines `<!-- table NAME -->` and `<!-- end -->`, from the layouts.
import { BLOCK, ENCODER, STAGES } from "../../src/blob/components";
import { HEAD } from "../../src/blob/head";
import { DETECTOR, HEADER, INPUT, SECTION, SECTIONS, STREAM } from "../../src/blob/schema";
import { FIELD_BYTES, type Field, type Layout, type Part, type Size } from "../../src/network/layout";
import { ENCODERS, HEADS } from "../../src/network/network";
import { POLES } from "../../src/network/poles-union";

type Kinds = Readonly<Record<string, { readonly id: number; readonly layout: Layout }>>;

function allowedText({ path, allowed }: Field): string {
	if (path === "") return "0";
	if (!allowed) return "";
	if ("among" in allowed) return allowed.among.join(", ");
	if ("names" in allowed) return allowed.names.map((name, i) => `${i} ${name}`).join(", ");
	if ("kinds" in allowed)
		return Object.entries(allowed.kinds)
			.sort(([, a], [, b]) => a.id - b.id)
			.map(([name, { id }]) => `${id} ${name}`)
			.join(", ");
	return `${allowed.low} to ${allowed.high}`;
}

function fieldTable({ fields }: Layout): string[] {
	let at = 0;
	const rows = fields.map((field) => {
		const row = `| ${at} | ${field.type === "bytes32" ? "32 bytes" : field.type} | ${field.about} | ${allowedText(field)} |`;
		at += FIELD_BYTES[field.type];
		return row;
	});
	return ["| at | type | field | allowed |", "| --- | --- | --- | --- |", ...rows];
}

const symbol = (size: Size) => `${size}`.replace("heads", "H").replace(/^2(?=\D)/, "2 ");

function partRow({ rows, columns, bits, signed, shift, about }: Part, fields: readonly Field[]): string {
	const width =
		typeof bits === "number" ? `${bits}` : (fields.find(({ path }) => path === bits)?.about ?? bits);
	const times = shift === undefined ? "" : `, times 2^${/^\d+$/.test(shift) ? shift : "shift"}`;
	return `| ${about} | ${symbol(rows)} x ${symbol(columns)} | ${width} | ${signed ? "signed" : "unsigned"}${times} |`;
}

function partTable({ parts, fields }: Layout): string[] {
	if (parts.length === 0) return ["No parts follow the header."];
	const head = ["| part | rows x columns | bits | code |", "| --- | --- | --- | --- |"];
	return [...head, ...parts.map((part) => partRow(part, fields))];
}

function component(list: string, kinds: Kinds): string[] {
	const inOrder = Object.values(kinds).sort((a, b) => a.id - b.id);
	return inOrder.flatMap(({ id, layout }) => [
		`**${list} ${id}: ${layout.name}**, ${layout.about}.`,
		"",
		...(layout.fields.length ? [...fieldTable(layout), "", ...partTable(layout)] : ["It stores nothing."]),
		...(layout.inner ? ["", `Then ${layout.inner.path}, as its kind defines.`] : []),
		"",
	]);
}

const sectionTable = () => [
	"| type | section | required | content |",
	"| --- | --- | --- | --- |",
	...Object.entries(SECTIONS).map(
		([name, { type, required, about }]) => `| ${type} | ${name} | ${required ? "1" : "0"} | ${about} |`,
	),
];

const TABLES: Record<string, () => string[]> = {
	header: () => fieldTable(HEADER),
	section: () => fieldTable(SECTION),
	sections: sectionTable,
	input: () => fieldTable(INPUT),
	stream: () => fieldTable(STREAM),
	detector: () => fieldTable(DETECTOR),
	encoder: () => fieldTable(ENCODER),
	head: () => fieldTable(HEAD),
	block: () => fieldTable(BLOCK),
	encoders: () => component("encoder", ENCODERS),
	heads: () => component("head", HEADS),
	...Object.fromEntries(
		Object.entries(STAGES).map(([list, kinds]) => [`${list}s`, () => component(list, kinds)]),
	),
	poles: () => component("poles", POLES),
};

/** The page with regenerated tables. @throws Error on an unknown table */
export function blobTables(page: string): string {
	return page.replace(/<!-- table (\w+) -->\n[\s\S]*?<!-- end -->/g, (_, name: string) => {
		const table = TABLES[name];
		if (!table) throw new Error(`docs/BLOB.md: no table ${name}`);
		return `<!-- table ${name} -->\n${table().join("\n").trimEnd()}\n<!-- end -->`;
	});
}
