// Explains a search's choice: what decided, where bits were spent and where saved.

import { highestPrecision, type Precision } from "../quantization/precision";
import type { Shape } from "../quantization/shape";
import { endsOf, searchedOf } from "./components";
import type { Chosen, Words } from "./kinds/kind";
import { blockSearches } from "./kinds/kinds";
import { bitsText } from "./kinds/widths";
import { lossOf } from "./places";
import type { Sensitivity } from "./reading";
import type { Candidate, Limits } from "./search";

const percent = (part: number) => `${(100 * part).toPrecision(2)} %`;
const points = (n: number) => (n === 1 ? "1 point" : `${n.toFixed(2)} points`);

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const and = (items: readonly string[]) =>
	items.length === 1 ? items[0]! : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

/** A layer's value by number, as text such as "8 bits in layer 0, 6 bits in layer 1". */
function listed(values: readonly (readonly [layer: number, text: string])[], L: number): string {
	const [, first] = values[0]!;
	if (values.length === L && values.every(([, text]) => text === first)) return `${first} in every layer`;
	return values.map(([layer, text]) => `${text} in layer ${layer}`).join(", ");
}

/** What each kind of a network says about a choice. */
function wordsOf(shape: Shape, precision: Precision, worst: Chosen<object>["worst"]): Required<Words> {
	const blocks = blockSearches(shape).map(({ kind, layers }) =>
		kind.words({
			each: (value) =>
				listed(
					layers.map((l) => [l, value(precision.layers[l]!)]),
					shape.blocks.length,
				),
			worst,
		}),
	);
	const ends = endsOf(shape).map(({ kind }) => kind.words({ each: (value) => value(precision), worst }));
	const all = (of: keyof Words) => [...blocks, ...ends].flatMap((words) => words[of] ?? []);
	return { sentences: all("sentences"), clauses: all("clauses"), kept: all("kept") };
}

/** Sentences. @param against baseline of the losses, if not the checkpoint @param loss points lost on validation */
export function explain(
	shape: Shape,
	against: string | undefined,
	limits: Limits,
	chosen: Candidate,
	loss: number,
	sensitivity: Sensitivity,
): string[] {
	const { highest, readings } = sensitivity;
	const precision = highestPrecision(shape, chosen.bits);
	const rule =
		limits.flash === undefined
			? `the smallest blob found that loses at most ${points(limits.maxLoss ?? 0.5)}`
			: `the most accurate choice found in at most ${limits.flash} bytes of flash`;
	const arena = limits.ram === undefined ? "" : `, with an arena of at most ${limits.ram} bytes`;
	const sentences = [
		`This is ${rule}${arena}: a blob of ${chosen.blobBytes} bytes, an arena of ${chosen.cost.arena} bytes, about ${chosen.cost.instructions} instructions per step.`,
		`It loses ${points(loss)} against ${against === undefined ? "float32" : `${against} in float32`} on ${chosen.validated!.count} validation sequences${chosen.trained ? `, after ${chosen.trained} epochs of training for these widths` : ", without training"}.`,
	];

	// Where one step down costs most, among components whose width changes bytes and whose losses are significant.
	const telling = new Set(searchedOf(shape).flatMap(({ name, telling }) => (telling ? [name] : [])));
	const alone = readings
		.filter(({ layer, component }) => layer !== null && telling.has(component))
		.map((reading) => ({ ...reading, loss: lossOf(reading.measurement, highest) }))
		.sort((a, b) => b.loss - a.loss);
	const worst = alone.find(({ loss }) => Number.isFinite(loss));
	if (worst)
		sentences.push(
			`Most sensitive is ${worst.component} of layer ${worst.layer}: ${bitsText(worst.width)} there alone are noise of ${percent(worst.loss)} of the outputs' power.`,
		);
	const words = wordsOf(shape, precision, (component, width) =>
		alone.find((reading) => reading.component === component && reading.width === width),
	);
	sentences.push(
		...words.sentences,
		`${capital(words.clauses.join("; "))}.`,
		`${capital(and([...words.kept, "the residual stream"]))} keep their highest precision: fewer bits there would save nothing.`,
	);
	if (chosen.predicted !== undefined && chosen.screened)
		sentences.push(
			`The readings of single components added up to noise of ${percent(chosen.predicted)} of the outputs' power; measured together it is ${percent(lossOf(chosen.screened, highest))}.`,
		);
	return sentences;
}
