// Terminal output: results on stdout, as one JSON object on one line or as text in aligned columns; progress, notes and errors
// on stderr. Nothing else in host-tools writes there, so untrusted text is made printable here.
import { styleText } from "node:util";
import { escapeControls, printable, printableLines } from "./printable";

/** Bold on a terminal; plain in a file or pipe, or with NO_COLOR set. */
export function heading(text: string): string {
	return process.stdout.isTTY && !process.env.NO_COLOR ? styleText("bold", printable(text)) : text;
}

/** Prints lines on stdout. */
export function print(text = ""): void {
	process.stdout.write(`${printableLines(text)}\n`);
}

/** Prints lines on stderr. */
export function say(text: string): void {
	process.stderr.write(`${printableLines(text)}\n`);
}

export function printJson(value: object): void {
	print(escapeControls(JSON.stringify(value)));
}

/** 1234567 as 1,234,567. */
export function grouped(n: number): string {
	return Math.round(n).toLocaleString("en-US");
}

/** 0.98765 as 98.77 %. */
export function percent(part: number): string {
	return `${(100 * part).toFixed(2)} %`;
}

/** With its sign and two decimals. */
export function signed(n: number): string {
	return `${n < 0 ? "" : "+"}${n.toFixed(2)}`;
}

const NUMBER = /^([\d.,]+( %| s)?)?$/;

/** Aligns rows in columns as wide as their longest cell; numeric columns (except for their first row) to the right. */
export function table(rows: readonly (readonly (string | number)[])[], indent = "  "): string {
	const cells = rows.map((row) =>
		row.map((cell) => (typeof cell === "number" ? grouped(cell) : printable(cell))),
	);
	const columns = Array.from({ length: Math.max(...cells.map((row) => row.length)) }, (_, c) => {
		const column = cells.map((row) => row[c] ?? "");
		const body = column.length > 1 ? column.slice(1) : column;
		return {
			width: Math.max(...column.map((cell) => cell.length)),
			right: c > 0 && body.every((cell) => NUMBER.test(cell)),
		};
	});
	return cells
		.map((row) => {
			const padded = row.map((cell, c) => {
				const { width, right } = columns[c]!;
				return right ? cell.padStart(width) : cell.padEnd(width);
			});
			return (indent + padded.join("  ")).trimEnd();
		})
		.join("\n");
}

/** Prints named byte counts as a table, omitting zeros; `total` is the last line. */
export function byteTable(rows: readonly (readonly [string, number])[]): string {
	return table(rows.filter(([name, bytes]) => name === "total" || bytes > 0));
}
