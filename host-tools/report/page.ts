// The report as one self-contained HTML file. Every important number carries its exact value in data-value, named as in report.json.

import { drawnText } from "../datasets/split";
import { keyWords } from "../quantization/precision";
import { shapeText } from "../quantization/shape";
import {
	document,
	drawing,
	figure,
	grouped,
	harmless,
	paragraph,
	percent,
	section,
	table,
	tile,
} from "./html";
import type { HeldOut, ReportData } from "./report";

export interface Drawings {
	heatMap?: string;
	pareto?: string;
	memory: string;
	confusion?: string;
}

function accuracyRows(data: ReportData): string[][] {
	const row = (name: string, path: string, count: number, right: number, floatRight: number | null) => [
		name,
		figure(`${path}.count`, count),
		floatRight === null
			? "not measured"
			: figure(`${path}.floatRight`, floatRight, percent(floatRight, count)),
		figure(`${path}.right`, right, percent(right, count)),
		floatRight === null ? "" : ((100 * (floatRight - right)) / count).toFixed(2),
	];
	const rows: string[][] = [];
	if (data.search) {
		const { count, right, floatRight } = data.search.validation;
		rows.push(
			row(`validation, ${harmless(data.search.data)}`, "search.validation", count, right, floatRight),
		);
	}
	if (data.heldOut) {
		const { count, right, floatRight, drawn } = data.heldOut;
		const name = `test split, ${harmless(data.heldOut.data)}${drawnText(drawn)}`;
		rows.push(row(name, "heldOut", count, right, floatRight));
	}
	return rows;
}

/** How many of each label are right, in float and in integers. */
function byLabel({ confusion, floatConfusion }: HeldOut, labels: readonly string[]): string {
	const cell = (path: string, matrix: number[][], k: number) => {
		const all = matrix[k]!.reduce((sum, count) => sum + count, 0);
		return all
			? figure(`heldOut.${path}.${k}.${k}`, matrix[k]![k]!, percent(matrix[k]![k]!, all))
			: "none there";
	};
	return table(
		["correct of each label", ...(floatConfusion ? ["float32"] : []), "integers"],
		labels.map((label, k) => [
			harmless(label),
			...(floatConfusion ? [cell("floatConfusion", floatConfusion, k)] : []),
			cell("confusion", confusion, k),
		]),
	);
}

function candidateTable({ candidates, chosen }: NonNullable<ReportData["search"]>): string {
	return table(
		["", "blob", "arena", "instructions per step", "noise, %", "screened", "validated"],
		candidates.map(({ blobBytes, cost, screened, validated, trained }, i) => {
			const path = `search.candidates.${i}`;
			return [
				`${i === chosen ? '<b class="chosen">chosen</b>' : ""}${trained ? ` trained ${trained}` : ""}`,
				figure(`${path}.blobBytes`, blobBytes),
				figure(`${path}.cost.arena`, cost.arena),
				figure(`${path}.cost.instructions`, cost.instructions),
				screened ? figure(`${path}.screened.noise`, screened.noise, (100 * screened.noise).toFixed(2)) : "",
				screened ? percent(screened.right, screened.count) : "",
				validated
					? figure(`${path}.validated.right`, validated.right, percent(validated.right, validated.count))
					: "",
			];
		}),
	);
}

function bytesTable(path: string, bytes: readonly (readonly [string, number])[]): string {
	return table(
		["", "bytes"],
		bytes.flatMap(([name, count], i) => (count ? [[name, figure(`${path}.${i}.1`, count)]] : [])),
	);
}

/** Bits of every component per layer, with its quantizer. */
function precisionTable({ bits, ends, shape }: ReportData): string {
	const words = keyWords(shape);
	const row = (key: string, cells: readonly string[]) => [
		key,
		...cells.map(harmless),
		words[key]!.scale,
		words[key]!.rounding,
	];
	const keys = new Set(bits.flatMap((layer) => Object.keys(layer)));
	return table(
		["", ...bits.map((_, l) => `layer ${l}`), "scale per", "rounding"],
		[
			...[...keys].map((key) =>
				row(
					key,
					bits.map((layer) => layer[key] ?? ""),
				),
			),
			...Object.entries(ends).map(([key, value]) => row(key, [value, ...bits.slice(1).map(() => "")])),
		],
	);
}

/** The page. */
export function page(data: ReportData, drawings: Drawings): string {
	const { search, heldOut, shape } = data;
	const shown: Pick<HeldOut, "count" | "right" | "confusion"> | undefined = heldOut ?? search?.validation;
	const notes = Object.values(keyWords(shape)).flatMap(({ note }) => note ?? []);
	const body = [
		`<h1>${harmless(data.blob)}</h1>`,
		paragraph(`${shapeText(shape, false)}; integers only, arithmetic edge-ssm.int.v${data.arithmetic}.`),
		`<div class="tiles">${[
			...(shown
				? [
						tile(
							`correct of ${grouped(shown.count)}, ${heldOut ? "test split" : "validation"}`,
							percent(shown.right, shown.count),
						),
					]
				: []),
			tile("blob, bytes of flash", figure("blobBytes", data.blobBytes)),
			tile("arena, bytes of RAM", figure(`arena.${data.arena.length - 1}.1`, data.arena.at(-1)![1])),
			tile(
				"saved on parameters and state",
				figure("savedPercent", data.savedPercent, `${data.savedPercent.toFixed(1)} %`),
				`float32 takes ${figure("floatBytes", data.floatBytes)} bytes`,
			),
			tile(
				"instructions per step, RV32IMC",
				`about ${figure("instructions", data.instructions)}`,
				`by the cost model; ${figure("macsPerStep", data.macsPerStep)} multiply-accumulates`,
			),
		].join("")}</div>`,
	];
	if (search && drawings.pareto)
		body.push(
			section(
				"Flash against loss",
				paragraph(
					`The sum of single components' readings, and the measurement of the whole choice on ${grouped(search.counts.screen)} sequences.`,
				),
				drawing(drawings.pareto, "pareto.svg"),
				candidateTable(search),
			),
		);
	if (search)
		body.push(section("Why this choice", ...search.explanation.map((text) => paragraph(harmless(text)))));
	const accuracy = accuracyRows(data);
	if (accuracy.length > 0)
		body.push(
			section(
				"Accuracy",
				table(["sequences of", "count", "float32", "integers", "points lost"], accuracy),
				search ? paragraph("The search saw the validation sequences; it never sees the test split.") : "",
			),
		);
	body.push(
		section(
			"Quantizers, bits",
			precisionTable(data),
			paragraph(
				`${notes.map((note) => `${note} `).join("")}Encoder, decoder and residual stream are shared by all layers. A blob that was trained through its quantizer is rounded to nearest throughout.`,
			),
		),
	);
	if (search && drawings.heatMap)
		body.push(
			section(
				"Loss of each component at each width",
				paragraph(
					`One component at a time, all others at their highest precision: accuracy in % on ${grouped(search.sensitivity.count)} sequences (float ${percent(search.sensitivity.floatRight, search.sensitivity.count)}); the colour is the signal-to-noise ratio of the outputs.`,
				),
				drawing(drawings.heatMap, "heat-map.svg"),
			),
		);
	body.push(
		section(
			"Memory before and after",
			paragraph("Parameters and state, in float32 and as integers."),
			drawing(drawings.memory, "memory.svg"),
			`<h3>Blob</h3>`,
			bytesTable("flash", data.flash),
			`<h3>Arena</h3>`,
			bytesTable("arena", data.arena),
		),
	);
	if (shown && drawings.confusion)
		body.push(
			section(
				"Confusion matrix",
				paragraph(
					`${grouped(shown.count)} ${heldOut ? "test" : "validation"} sequences; rows are true labels, columns predicted ones.`,
				),
				drawing(drawings.confusion, "confusion.svg"),
				heldOut ? byLabel(heldOut, data.labels) : "",
			),
		);
	body.push(
		section("How it was made", `<pre>${data.commands.map(harmless).join("\n")}</pre>`, identity(data)),
	);
	return document(data.blob, body);
}

function identity({ identity, search }: ReportData): string {
	return `<p><small>identity ${identity}${
		search
			? `; seed ${search.seed}, ${search.counts.calibration} sequences for calibration, ${search.counts.screen} screened, ${search.counts.validation} validated, ${search.seconds} s`
			: ""
	}</small></p>`;
}
