// How results look on stdout: one JSON object on one line, or text in aligned columns. Progress and errors are not here:
// they go to stderr.
import { styleText } from "node:util";

/** Bold where a person looks on: never into a file or pipe, nor with NO_COLOR set. */
export function heading(text: string): string {
	return process.stdout.isTTY && !process.env.NO_COLOR ? styleText("bold", text) : text;
}

export function print(text = ""): void {
	process.stdout.write(`${text}\n`);
}

export function printJson(value: object): void {
	print(JSON.stringify(value));
}

/** 1234567 as 1,234,567. */
export function grouped(n: number): string {
	return Math.round(n).toLocaleString("en-US");
}

/** 0.98765 as 98.77 %. */
export function percent(part: number): string {
	return `${(100 * part).toFixed(2)} %`;
}

/** Text from files (labels, names) without what could steer a terminal. */
export function plain(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "\ufffd");
}

const NUMBER = /^([\d.,]+( %| s)?)?$/;

/** Rows in columns as wide as their longest cell; columns of numbers, whatever their first row says, to the right. */
export function table(rows: readonly (readonly (string | number)[])[], indent = "  "): string {
	const cells = rows.map((row) =>
		row.map((cell) => (typeof cell === "number" ? grouped(cell) : plain(cell))),
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

/** Prints named byte counts as a table without the empty ones; `total` is the last line. */
export function byteTable(names: Record<string, string>, bytes: Record<string, number>): string {
	const rows = Object.entries(names).filter(([key]) => key === "total" || bytes[key]! > 0);
	return table(rows.map(([key, name]) => [name, bytes[key]!]));
}
