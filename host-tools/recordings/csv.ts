// CSV: commas, semicolons or tabs, points or commas for decimals, quotes, with or without a header. csv-parse splits the fields.
import { CsvError } from "csv-parse";
import { parse } from "csv-parse/sync";
import { UserError } from "../terminal/errors";
import { chunks, firstOf } from "./chunks";
import { hasDecimalComma, looksLikeNumber } from "./numbers";
import type { Format } from "./recording";
import { type Line, tableRecording } from "./table";

/** The comma comes last: it may be the decimal comma of the others. */
const SEPARATORS = ["\t", ";", ","] as const;
const SAMPLE_LINES = 50;

interface Parsed {
	record: string[];
	info: { lines: number };
}

function split(text: string, delimiter: string, path: string, before: number, to = -1): Line[] {
	const options = {
		delimiter,
		to,
		trim: true,
		relax_column_count: true,
		skip_empty_lines: true,
		info: true,
	} as const;
	try {
		const parsed = parse(text, options) as unknown as Parsed[];
		return parsed.map(({ record, info }) => ({ fields: record, number: before + info.lines }));
	} catch (error) {
		if (!(error instanceof CsvError)) throw error;
		const line = before + Number((error as { lines?: number }).lines ?? 1);
		throw new UserError(`Line ${line} of ${path} is not CSV: ${error.message.replace(/\.$/, "")}.`);
	}
}

/** Columns of each of the first lines; none when the separator does not match their quotes. */
function widths(text: string, separator: string, path: string): number[] {
	try {
		return split(text, separator, path, 0, SAMPLE_LINES).map(({ fields }) => fields.length);
	} catch (error) {
		if (error instanceof UserError) return [];
		throw error;
	}
}

/** The separator that splits the first lines into the same number of columns, more than one; else one that occurs. */
function findSeparator(text: string, path: string): string {
	const counts = SEPARATORS.map((separator) => widths(text, separator, path));
	const even = counts.findIndex(([first = 1, ...others]) => first > 1 && others.every((n) => n === first));
	const any = even >= 0 ? even : counts.findIndex(([first = 1]) => first > 1);
	return SEPARATORS[any] ?? ",";
}

export const csv: Format = {
	extensions: ["csv", "tsv"],
	open(path, options) {
		const first = firstOf(chunks(path)) ?? "";
		const separator = findSeparator(first, path);
		const raw = function* (): Generator<Line> {
			let before = 0;
			for (const chunk of chunks(path)) {
				yield* split(chunk, separator, path, before);
				before += chunk.split("\n").length - 1;
			}
		};
		const head: Line[] = [];
		for (const line of raw()) if (head.push(line) === SAMPLE_LINES) break;
		const header = head[0]?.fields.some((field) => !looksLikeNumber(field) && !hasDecimalComma(field))
			? head[0].fields
			: undefined;
		const comma = separator !== "," && head.some(({ fields }) => fields.some(hasDecimalComma));
		const lines = function* () {
			let skip = header !== undefined;
			for (const { fields, number } of raw()) {
				if (skip) skip = false;
				else if (comma)
					yield { fields: fields.map((f) => (hasDecimalComma(f) ? f.replace(",", ".") : f)), number };
				else yield { fields, number };
			}
		};
		const assumed = comma ? ["commas are read as decimal commas"] : [];
		return tableRecording({ path, ...(header && { header }), lines, assumed }, options);
	},
};
