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

/** Rows in columns as wide as their longest cell, numbers and what looks like them to the right. */
export function table(rows: readonly (readonly (string | number)[])[], indent = "  "): string {
	const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? grouped(cell) : cell)));
	const columns = Math.max(...cells.map((row) => row.length));
	const widths = Array.from({ length: columns }, (_, c) =>
		Math.max(...cells.map((row) => (row[c] ?? "").length)),
	);
	return cells
		.map((row, r) =>
			(
				indent +
				row
					.map((cell, c) =>
						typeof rows[r]![c] === "number" || /^[\d.,]+( %| s)?$/.test(cell)
							? cell.padStart(widths[c]!)
							: cell.padEnd(widths[c]!),
					)
					.join("  ")
			).trimEnd(),
		)
		.join("\n");
}

/** Prints named byte counts as a table without the empty ones; `total` is the last line. */
export function byteTable(names: Record<string, string>, bytes: Record<string, number>): string {
	const rows = Object.entries(names).filter(([key]) => key === "total" || bytes[key]! > 0);
	return table(rows.map(([key, name]) => [name, bytes[key]!]));
}
