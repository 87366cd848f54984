// The report's charts as vega-lite specifications: which numbers are drawn how. Text and axes take the page's colour
// (currentColor); data colours work on light and dark. draw.ts turns specifications into SVG.
import type { TopLevelSpec } from "vega-lite";
import type { Comparison } from "../search/cache";
import { componentNames } from "../search/components";
import { snr } from "../search/measure";
import type { MemoryPart } from "../search/memory";
import { lossOf } from "../search/places";
import type { Sensitivity } from "../search/reading";
import type { Candidate } from "../search/search";
import type { Quality } from "../task/task";

const INK = "currentColor";
const BLUE = "#4c8dd6";
const ORANGE = "#e8883a";
const GREY = "#8a919c";

const config = {
	background: "transparent",
	font: "system-ui, sans-serif",
	view: { stroke: null },
	axis: {
		labelColor: INK,
		titleColor: INK,
		domainColor: GREY,
		tickColor: GREY,
		gridColor: GREY,
		gridOpacity: 0.25,
		labelFontSize: 12,
		titleFontSize: 12,
		titleFontWeight: "normal",
	},
	legend: {
		labelColor: INK,
		titleColor: INK,
		labelFontSize: 12,
		titleFontSize: 12,
		titleFontWeight: "normal",
	},
	header: { labelColor: INK, titleColor: INK, labelFontSize: 13, labelFontWeight: "bold" },
	text: { fontSize: 11 },
} as const;

/** A specification in this project's style. */
function chart(spec: object): TopLevelSpec {
	return { $schema: "https://vega.github.io/schema/vega-lite/v6.json", config, ...spec } as TopLevelSpec;
}

const layerName = (layer: number | null) => (layer === null ? "whole network" : `layer ${layer} alone`);

/** Every reading of one component: colour is the SNR of the outputs, text the task's quality in %. */
export function heatMap({ readings: all }: Pick<Sensitivity, "readings">, { of }: Quality): TopLevelSpec {
	const single = new Set(componentNames());
	const readings = all.filter(({ component }) => single.has(component));
	const names = [...single].filter((name) => readings.some(({ component }) => component === name));
	const widths = [...new Set(readings.map(({ width }) => width))].sort((a, b) => Number(a) - Number(b));
	const layers = [...new Set(readings.map(({ layer }) => layer))].sort((a, b) => (a ?? -1) - (b ?? -1));
	const panel = (shown: number | null) => ({
		title: { text: layerName(shown), color: INK, anchor: "start", frame: "group", fontSize: 13 },
		data: {
			values: readings
				.filter(({ measurement, layer }) => measurement !== null && layer === shown)
				.map(({ component, width, measurement }) => ({
					component,
					width,
					snr: snr(measurement!.noise),
					quality: of(measurement!).toFixed(1),
				})),
		},
		width: { step: 38 },
		height: { step: 21 },
		encoding: {
			x: {
				field: "width",
				type: "ordinal",
				scale: { domain: widths },
				title: "bits",
				axis: { labelAngle: 0, domain: false, ticks: false },
			},
			y: {
				field: "component",
				type: "ordinal",
				sort: names,
				title: null,
				axis: { domain: false, ticks: false, minExtent: 80 },
			},
		},
		layer: [
			{
				mark: { type: "rect", cornerRadius: 2 },
				encoding: {
					color: {
						field: "snr",
						type: "quantitative",
						title: "SNR of the outputs, dB",
						scale: { scheme: "viridis", domain: [0, 40], clamp: true },
						legend: { orient: "bottom", gradientLength: 260, titleLimit: 260, values: [0, 10, 20, 30, 40] },
					},
				},
			},
			{
				mark: { type: "text" },
				encoding: {
					text: { field: "quality", type: "nominal" },
					color: { condition: { test: "datum.snr > 22", value: "#10141a" }, value: "#ffffff" },
				},
			},
		],
	});
	return chart({ vconcat: layers.map(panel), spacing: 14 });
}

/** Flash against loss: predicted from readings, measured, chosen. */
export function paretoFront(
	candidates: readonly Candidate[],
	chosen: number,
	highest: Comparison,
): TopLevelSpec {
	const FLOOR = 1e-5;
	const points = candidates.flatMap(({ blobBytes, predicted, screened }, i) => [
		...(predicted !== undefined && Number.isFinite(predicted)
			? [{ bytes: blobBytes, loss: Math.max(FLOOR, predicted), kind: "predicted" }]
			: []),
		...(screened
			? [
					{
						bytes: blobBytes,
						loss: Math.max(FLOOR, lossOf(screened, highest)),
						kind: i === chosen ? "chosen" : "measured",
					},
				]
			: []),
	]);
	const kinds = ["predicted", "measured", "chosen"];
	return chart({
		data: { values: points },
		width: 480,
		height: 300,
		encoding: {
			x: { field: "bytes", type: "quantitative", title: "bytes of the blob", scale: { zero: false } },
			y: {
				field: "loss",
				type: "quantitative",
				title: "noise beyond the highest precision's, relative to the outputs' power",
				scale: { type: "log" },
				axis: { format: "~e", tickCount: 6 },
			},
			color: {
				field: "kind",
				type: "nominal",
				title: null,
				scale: { domain: kinds, range: [GREY, BLUE, ORANGE] },
				legend: { orient: "top" },
			},
			shape: {
				field: "kind",
				type: "nominal",
				title: null,
				scale: { domain: kinds, range: ["cross", "circle", "diamond"] },
			},
		},
		layer: [
			{
				transform: [{ filter: "datum.kind !== 'chosen'" }],
				mark: { type: "point", filled: true, opacity: 0.9, size: 55 },
			},
			{
				transform: [{ filter: "datum.kind === 'chosen'" }],
				mark: { type: "point", filled: true, opacity: 1, size: 240 },
			},
		],
	});
}

/** Bytes by component, before and after. */
export function memoryBars(parts: readonly MemoryPart[]): TopLevelSpec {
	const values = parts.flatMap(({ name, float, integer }) => [
		{ name, kind: "float32", bytes: float },
		{ name, kind: "integers", bytes: integer },
	]);
	return chart({
		data: { values },
		width: 420,
		height: { step: 15 },
		encoding: {
			y: {
				field: "name",
				type: "nominal",
				sort: null,
				title: null,
				axis: { domain: false, ticks: false, labelLimit: 200 },
				scale: { paddingInner: 0.35 },
			},
			yOffset: { field: "kind", type: "nominal", sort: ["float32", "integers"] },
			x: { field: "bytes", type: "quantitative", title: "bytes" },
		},
		layer: [
			{
				mark: { type: "bar", cornerRadiusEnd: 2 },
				encoding: {
					color: {
						field: "kind",
						type: "nominal",
						title: null,
						scale: { domain: ["float32", "integers"], range: [GREY, ORANGE] },
						legend: { orient: "top" },
					},
				},
			},
			{
				mark: { type: "text", align: "left", dx: 4, color: INK },
				encoding: { text: { field: "bytes", type: "quantitative", format: "," } },
			},
		],
	});
}

/** Confusion matrix. Rows: true class; columns: predicted class. */
export function confusionMatrix(
	confusion: readonly (readonly number[])[],
	labels: readonly string[],
): TopLevelSpec {
	const name = (k: number) => labels[k] ?? String(k);
	const values = confusion.flatMap((row, is) => {
		const total = row.reduce((a, b) => a + b, 0);
		return row.map((count, taken) => ({
			is: name(is),
			taken: name(taken),
			count,
			// One error in a thousand must be visible next to thousands of correct answers.
			shade: count === 0 ? 0 : Math.max(0, Math.log10((1000 * count) / total)) / 3,
			right: is === taken ? 1 : 0,
		}));
	});
	const order = confusion.map((_, k) => name(k));
	return chart({
		data: { values },
		width: { step: 42 },
		height: { step: 24 },
		encoding: {
			x: {
				field: "taken",
				type: "ordinal",
				sort: order,
				title: "taken for",
				axis: { labelAngle: labels.some((label) => label.length > 4) ? -40 : 0, domain: false, ticks: false },
			},
			y: { field: "is", type: "ordinal", sort: order, title: "is", axis: { domain: false, ticks: false } },
		},
		layer: [
			{
				mark: { type: "rect", cornerRadius: 2 },
				encoding: {
					color: {
						field: "right",
						type: "nominal",
						legend: null,
						scale: { domain: [0, 1], range: [ORANGE, BLUE] },
					},
					opacity: {
						field: "shade",
						type: "quantitative",
						legend: null,
						scale: { domain: [0, 1], range: [0.06, 0.85] },
					},
				},
			},
			{
				transform: [{ filter: "datum.count > 0" }],
				mark: { type: "text", color: INK },
				encoding: { text: { field: "count", type: "quantitative", format: "," } },
			},
		],
	});
}
