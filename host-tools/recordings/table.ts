// Text tables, independent of how they are split into fields: column roles, texts to numbers, blocks of steps.
import { UserError } from "../terminal/errors";
import { type Columns, channelOf, findColumns, targetOf } from "./columns";
import { looksLikeNumber, notANumber, numberOf } from "./numbers";
import type { Block, ReadOptions, Recording } from "./recording";
import { guessUnit, isoSeconds, rateOf, unitInName } from "./times";

/** One line of a table. */
export interface Line {
	fields: string[];
	/** From 1. */
	number: number;
}

export interface Table {
	path: string;
	/** Names of columns; absent when the file has no header. */
	header?: string[];
	/** All lines after the header; may be called again. */
	lines(): Generator<Line>;
	assumed: string[];
}

const BLOCK = 4096;
/** Lines examined to determine columns, units and rate. */
const HEAD = 2000;

/** Texts of a time column to seconds. */
interface Clock {
	seconds(text: string): number;
	assumed: string[];
}

function clockOf(column: string, texts: readonly string[]): Clock {
	if (!looksLikeNumber(texts[0] ?? "")) {
		const zoned = texts.every((text) => /(Z|[+-]\d\d:?\d\d)$/i.test(text));
		return {
			seconds: isoSeconds,
			assumed: zoned ? [] : [`times in "${column}" without a zone are read as UTC`],
		};
	}
	const stated = unitInName(column);
	const { unit, assumed } = stated ? { unit: stated, assumed: "" } : guessUnit(texts.map(numberOf), column);
	return { seconds: (text) => numberOf(text) * unit, assumed: assumed ? [assumed] : [] };
}

/** Reads blocks of a table with known columns. */
class Reader {
	constructor(
		readonly table: Table,
		readonly columns: Columns,
		readonly width: number,
		readonly clock: Clock | undefined,
	) {}

	/** The time of a line, after `before`. */
	#time({ fields, number }: Line, before: number): number {
		const text = fields[this.columns.time!]!;
		const time = this.clock!.seconds(text);
		const where = `Line ${number} of ${this.table.path}`;
		if (!Number.isFinite(time)) throw new UserError(`${where}: ${JSON.stringify(text)} is not a time.`);
		if (time > before) return time;
		throw new UserError(
			`${where}: the time ${JSON.stringify(text)} is not after that of the line before; sort the lines, or if they are evenly spaced give the rate with --hz, and times are ignored.`,
		);
	}

	#number({ fields, number }: Line, column: number): number {
		const value = numberOf(fields[column]!);
		if (!Number.isNaN(value)) return value;
		const { header, path } = this.table;
		const name = header ? `column ${JSON.stringify(header[column])}` : `column ${column + 1}`;
		const field = fields[column]!;
		const times = header && !Number.isNaN(Date.parse(field)) && /^\d{4}-/.test(field);
		const remedy = times ? `; if these are times, "edge-ssm window" takes them with --time` : "";
		throw new UserError(`Line ${number} of ${path}: ${notANumber(field)} (${name})${remedy}.`);
	}

	*blocks(): Generator<Block> {
		const { channels, targets, time, label, group, sequence } = this.columns;
		let before = Number.NEGATIVE_INFINITY;
		let lines: Line[] = [];
		const column = (index: number | undefined) =>
			index === undefined ? undefined : lines.map(({ fields }) => fields[index]!);
		const block = (): Block => {
			const numbersOf = (columns: readonly number[]) =>
				Float64Array.from({ length: lines.length * columns.length }, (_, i) =>
					this.#number(lines[Math.floor(i / columns.length)]!, columns[i % columns.length]!),
				);
			const values = numbersOf(channels);
			const times = this.clock && Float64Array.from(lines, (line) => (before = this.#time(line, before)));
			const [labels, groups, sequences] = [column(label), column(group), column(sequence)];
			const numbers = lines.map(({ number }) => number);
			return {
				count: lines.length,
				values,
				...(targets.length && { targets: numbersOf(targets) }),
				...(time !== undefined && times && { times }),
				...(labels && { labels }),
				...(groups && { groups }),
				...(sequences && { sequences }),
				where: (step) => `Line ${numbers[step]} of ${this.table.path}`,
			};
		};
		for (const line of this.table.lines()) {
			if (line.fields.length !== this.width)
				throw new UserError(
					`Line ${line.number} of ${this.table.path} has ${line.fields.length} columns where the first line has ${this.width}.`,
				);
			lines.push(line);
			if (lines.length < BLOCK) continue;
			yield block();
			lines = [];
		}
		if (lines.length) yield block();
	}
}

/** A table as a recording. @throws UserError when its columns or its rate cannot be determined */
export function tableRecording(table: Table, options: ReadOptions): Recording {
	const { path, header } = table;
	const head: Line[] = [];
	for (const line of table.lines()) {
		head.push(line);
		if (head.length === HEAD) break;
	}
	if (!head.length)
		throw new UserError(`The file ${path} contains no step; a sequence needs at least one line.`);
	const width = header?.length ?? head[0]!.fields.length;
	const columns: Columns = header
		? findColumns(path, header, options)
		: { channels: head[0]!.fields.map((_, i) => i), targets: [], ignored: [] };
	const { time } = columns;
	const texts = time === undefined ? [] : head.map(({ fields }) => fields[time] ?? "");
	const clock = time !== undefined && options.hz === undefined ? clockOf(header![time]!, texts) : undefined;
	const rate = options.hz ?? (clock && rateOf(texts.map((text) => clock.seconds(text))));
	const { units = [] } = options;
	return {
		path,
		channels: columns.channels.map((c, i) => {
			const { name, unit } = channelOf(header?.[c] ?? "");
			return { name, unit: unit || (units.length === 1 ? units[0]! : (units[i] ?? "")) };
		}),
		...(columns.targets.length && { targets: columns.targets.map((c) => targetOf(header![c]!)) }),
		...(rate !== undefined && { rate }),
		assumed: [
			...table.assumed,
			...(clock?.assumed ?? []),
			...columns.ignored.map((name) => `column "${name}" is ignored`),
		],
		blocks: () => new Reader(table, columns, width, clock).blocks(),
	};
}
