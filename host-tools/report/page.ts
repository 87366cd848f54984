// The report as one self-contained HTML file. Every important number carries its exact value in data-value, named as in report.json.

import { drawnText } from "../datasets/split";
import { keyWords } from "../quantization/precision";
import { shapeText } from "../quantization/shape";
import type { SearchFile } from "../search/result";
import { qualityFor } from "../task/fit";
import type { ValueMetrics } from "../task/regress-metrics";
import type { Judged } from "../task/task";
import { type AutoFile, contenderShort, isChosen } from "./auto-file";
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

/** SVG by chart. */
export interface Drawings {
	front?: string;
	pareto?: string;
	heatMap?: string;
	pairs?: string;
	memory?: string;
	confusion?: string;
}

/** Text of a result's quality, with the exact number behind it. */
function qualityFigure({ shape }: ReportData, path: string, judged: Judged): string {
	const { of } = qualityFor(shape.head);
	const text = `${of(judged).toFixed(2)} %`;
	const { right, values } = judged;
	return values ? figure(`${path}.values.nrmse`, values.nrmse, text) : figure(`${path}.right`, right, text);
}

function qualityRows(data: ReportData): string[][] {
	const { of, higher } = qualityFor(data.shape.head);
	const row = (name: string, path: string, judged: Judged, float: Judged | null) => [
		name,
		figure(`${path}.count`, judged.count),
		float ? qualityFigure(data, `${path}.float`, float) : "not measured",
		qualityFigure(data, path, judged),
		float ? ((higher ? 1 : -1) * (of(float) - of(judged))).toFixed(2) : "",
	];
	const rows: string[][] = [];
	const { search, heldOut } = data;
	if (search)
		rows.push(
			row(
				`validation, ${harmless(search.data)}`,
				"search.validation",
				search.validation,
				search.validation.float,
			),
		);
	if (heldOut) {
		const name = `test split, ${harmless(heldOut.data)}${drawnText(heldOut.drawn)}`;
		rows.push(row(name, "heldOut", heldOut, heldOut.float));
	}
	return rows;
}

/** Errors of each target, in float and in integers. */
function byTarget(targets: NonNullable<HeldOut["targets"]>): string {
	const cells = (path: string, metrics: ValueMetrics | null) =>
		(["nrmse", "mse", "smape"] as const).map((key) => {
			const value = metrics?.[key];
			return value === undefined || value === null
				? "none"
				: figure(`${path}.${key}`, value, key === "smape" ? `${value.toFixed(2)} %` : value.toPrecision(3));
		});
	return table(
		[
			"",
			"NRMSE, float32",
			"inte&shy;gers",
			"MSE, float32",
			"inte&shy;gers",
			"sMAPE, float32",
			"inte&shy;gers",
		],
		targets.map(({ name, float, integers }, k) => {
			const path = `heldOut.targets.${k}`;
			const [inFloat, inIntegers] = [cells(`${path}.float`, float), cells(`${path}.integers`, integers)];
			return [harmless(name), ...inFloat.flatMap((cell, i) => [cell, inIntegers[i]!])];
		}),
	);
}

/** How many of each label are right, in float and in integers. */
function byLabel({ floatConfusion }: HeldOut, confusion: number[][], labels: readonly string[]): string {
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

/** The networks that train --auto judged. */
function contenderTable(auto: AutoFile): string {
	const score = (path: string, of: { right: number; count: number } | undefined) =>
		of ? figure(`auto.judged.${path}.right`, of.right, percent(of.right, of.count)) : "";
	return table(
		[
			"heads, modes, layers",
			"blob",
			"arena",
			"instruc&shy;tions per step",
			"float32",
			"round&shy;ed",
			"train&shy;ed",
		],
		auto.judged.map((one, i) => [
			`${isChosen(one, auto) ? '<b class="chosen">chosen:</b> ' : ""}${harmless(contenderShort(one))}`,
			figure(`auto.judged.${i}.flash`, one.flash),
			figure(`auto.judged.${i}.ram`, one.ram),
			figure(`auto.judged.${i}.instructions`, one.instructions),
			score(`${i}.rounds.${one.rounds.length - 1}`, one.rounds.at(-1)),
			score(`${i}.rounded`, one.rounded),
			score(`${i}.trained`, one.trained),
		]),
	);
}

function candidateTable(data: ReportData, { candidates, chosen }: SearchFile): string {
	const { name, of } = qualityFor(data.shape.head);
	return table(
		[
			...["", "blob", "arena", "instruc&shy;tions per step", "noise, %"],
			...[`${name}, screen&shy;ed`, `${name}, vali&shy;dated`],
		],
		candidates.map(({ blobBytes, cost, screened, validated, trained }, i) => {
			const path = `search.candidates.${i}`;
			return [
				`${i === chosen ? '<b class="chosen">chosen</b>' : ""}${trained ? ` trained ${trained}` : ""}`,
				figure(`${path}.blobBytes`, blobBytes),
				figure(`${path}.cost.arena`, cost.arena),
				figure(`${path}.cost.instructions`, cost.instructions),
				screened ? figure(`${path}.screened.noise`, screened.noise, (100 * screened.noise).toFixed(2)) : "",
				screened ? `<span class="n">${of(screened).toFixed(2)} %</span>` : "",
				validated ? qualityFigure(data, `${path}.validated`, validated) : "",
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
	const { search, auto, heldOut, shape } = data;
	const shown = heldOut ?? search?.validation;
	const quality = qualityFor(shape.head);
	const notes = Object.values(keyWords(shape)).flatMap(({ note }) => note ?? []);
	const body = [
		`<h1>${harmless(data.blob)}</h1>`,
		paragraph(`${shapeText(shape, false)}; integers only, arithmetic edge-ssm.int.v${data.arithmetic}.`),
		`<div class="tiles">${[
			...(shown
				? [
						tile(
							`${quality.higher ? "correct" : quality.name} of ${grouped(shown.count)}, ${heldOut ? "test split" : "validation"}`,
							`${quality.of(shown).toFixed(2)} %`,
						),
					]
				: []),
			tile("blob, bytes of flash", figure("blobBytes", data.blobBytes)),
			tile("arena, bytes of RAM", figure(`arena.${data.arena.length - 1}.1`, data.arena.at(-1)![1])),
			...(data.savedPercent === null
				? []
				: [
						tile(
							"saved on parameters and state",
							figure("savedPercent", data.savedPercent, `${data.savedPercent.toFixed(1)} %`),
							`float32 takes ${figure("floatBytes", data.floatBytes!)} bytes`,
						),
					]),
			tile(
				"instructions per step, RV32IMC",
				`about ${figure("instructions", data.instructions)}`,
				`by the cost model; ${figure("macsPerStep", data.macsPerStep)} multiply-accumulates`,
			),
		].join("")}</div>`,
	];
	if (search)
		body.push(
			section(
				"Flash against loss",
				paragraph(
					`Screened on ${grouped(search.counts.screen)} sequences, validated on ${grouped(search.counts.validation)}; the line joins the best for their size.`,
				),
				drawing(drawings.front!, "front.svg"),
				candidateTable(data, search),
				paragraph(
					"Noise: the sum of single components' readings predicts it, the screening measures it for the entire choice.",
				),
				drawing(drawings.pareto!, "pareto.svg"),
			),
		);
	if (!search && auto)
		body.push(
			section(
				"Flash against accuracy",
				paragraph(
					"On held-out sequences of the training data; the line joins the most accurate for their size. Those dropped early were judged in floating point.",
				),
				drawing(drawings.front!, "front.svg"),
				contenderTable(auto),
			),
		);
	if (!search && auto)
		body.push(section("Why this choice", `<pre>${auto.log.map(harmless).join("\n")}</pre>`));
	if (search)
		body.push(section("Why this choice", ...search.explanation.map((text) => paragraph(harmless(text)))));
	const rows = qualityRows(data);
	if (rows.length > 0)
		body.push(
			section(
				quality.higher ? "Accuracy" : "Errors",
				table(["sequences of", "count", "float32", "integers", "points lost"], rows),
				heldOut?.targets ? byTarget(heldOut.targets) : "",
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
					`One component at a time, all others at their highest precision: ${quality.name} in % on ${grouped(search.sensitivity.count)} sequences (float ${quality.of(search.sensitivity.float).toFixed(2)} %); the colour is the signal-to-noise ratio of the outputs.`,
				),
				drawing(drawings.heatMap, "heat-map.svg"),
				...(drawings.pairs
					? [
							`<h3>Two components together</h3>`,
							paragraph("Their losses do not add, so the search reads every pair of widths."),
							drawing(drawings.pairs, "pairs.svg"),
						]
					: []),
			),
		);
	body.push(
		section(
			"Memory before and after",
			...(drawings.memory
				? [
						paragraph("Parameters and state, in float32 and as integers."),
						drawing(drawings.memory, "memory.svg"),
					]
				: [
						paragraph(
							"The blob's notes do not describe the float network; report with --checkpoint compares with it.",
						),
					]),
			`<h3>Blob</h3>`,
			bytesTable("flash", data.flash),
			`<h3>Arena</h3>`,
			bytesTable("arena", data.arena),
		),
	);
	if (shown?.confusion && drawings.confusion)
		body.push(
			section(
				"Confusion matrix",
				paragraph(
					`${grouped(shown.count)} ${heldOut ? "test" : "validation"} sequences; rows are true labels, columns predicted ones.`,
				),
				drawing(drawings.confusion, "confusion.svg"),
				heldOut ? byLabel(heldOut, shown.confusion, data.labels) : "",
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
