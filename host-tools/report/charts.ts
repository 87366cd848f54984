// The report's charts as vega-lite specifications: which numbers are drawn how. draw.ts turns specifications into SVG.
import type { Comparison } from "../search/cache";
import type { MemoryPart } from "../search/memory";
import { lossOf } from "../search/places";
import type { Candidate } from "../search/search";
import type { Quality } from "../task/task";
import type { TopLevelSpec } from "./draw";
import { above, BLUE, chart, GREY, INK, NAMES, ORANGE, PLOT } from "./style";

/** One network of a front. */
export interface FrontPoint {
	bytes: number;
	/** The quality of its task, in %. */
	quality: number;
	/** One of the front's kinds. */
	kind: string;
	/** More about it. */
	name: string;
}

export interface Front {
	/** Of the task: accuracy, or an error. */
	measure: Pick<Quality, "name" | "higher">;
	/** From what was judged briefly, over what was judged in full, to the choice. */
	kinds: readonly [string, string, string];
	points: readonly FrontPoint[];
	/** Quality of the float network in %, where it is known. */
	float?: number | undefined;
}

const grouped = (n: number) => n.toLocaleString("en-US");

/** Bytes on a horizontal axis. */
const bytesAxis = (title: string) => ({
	field: "bytes",
	type: "quantitative",
	title,
	scale: { zero: false, nice: false, padding: 12 },
	axis: { tickCount: 5, format: ",d" },
});

/** Points of three kinds; the last, the chosen one, is large. */
function kinds(names: readonly [string, string, string]) {
	const field = { field: "kind", type: "nominal", title: null };
	const point = (test: string, mark: object) => ({
		transform: [{ filter: { field: "kind", [test]: test === "equal" ? names[2] : names.slice(0, 2) } }],
		mark: { type: "point", filled: true, ...mark },
		encoding: {
			color: { ...field, scale: { domain: names, range: [GREY, BLUE, ORANGE] } },
			shape: { ...field, scale: { domain: names, range: ["cross", "circle", "diamond"] } },
			description: { field: "said" },
		},
	});
	return [point("oneOf", { opacity: 0.9, size: 45 }), point("equal", { opacity: 1, size: 200 })];
}

/** Points judged in full, without those that another beats in size and quality. */
function best({ measure: { higher }, kinds: [brief], points }: Front): FrontPoint[] {
	const judged = points.filter(({ kind }) => kind !== brief);
	const better = ({ quality }: FrontPoint) => (higher ? quality : -quality);
	const beats = (one: FrontPoint, other: FrontPoint) =>
		one.bytes <= other.bytes &&
		better(one) >= better(other) &&
		(one.bytes < other.bytes || better(one) > better(other));
	return judged
		.filter((point) => !judged.some((other) => beats(other, point)))
		.sort((a, b) => a.bytes - b.bytes);
}

/** Quality against flash, with the best for their size joined by a line. */
export function qualityFront(front: Front): TopLevelSpec {
	const { measure, points, float } = front;
	const figure = (quality: number) =>
		measure.higher ? `${quality.toFixed(2)} % right` : `${measure.name} ${quality.toFixed(2)} %`;
	const values = points.map((point) => ({
		...point,
		said: `${point.name}: ${grouped(point.bytes)} bytes, ${figure(point.quality)}; ${point.kind}`,
	}));
	const y = {
		field: "quality",
		type: "quantitative",
		title: null,
		scale: { zero: false, padding: 8 },
		axis: { tickCount: 6 },
	};
	return chart({
		title: above(`${measure.name}, %`),
		data: { values },
		width: PLOT + 25,
		height: 220,
		encoding: { x: bytesAxis("bytes of the blob"), y },
		layer: [
			{
				data: { values: best(front) },
				mark: { type: "line", interpolate: "step-after", color: BLUE, opacity: 0.6, aria: false },
			},
			...(float === undefined
				? []
				: [
						{
							data: { values: [{ quality: float, said: `float32: ${figure(float)}` }] },
							mark: { type: "rule", color: GREY, strokeDash: [4, 3] },
							encoding: { x: null, description: { field: "said" } },
						},
						{
							data: { values: [{ quality: float }] },
							mark: {
								type: "text",
								text: "float32",
								align: "left",
								baseline: "bottom",
								dy: -2,
								color: INK,
								aria: false,
							},
							encoding: { x: { value: 2 } },
						},
					]),
			...kinds(front.kinds),
		],
	});
}

/** Flash against noise: predicted from readings, measured, chosen. */
export function paretoFront(
	candidates: readonly Candidate[],
	chosen: number,
	highest: Comparison,
): TopLevelSpec {
	const FLOOR = 1e-5;
	const point = (bytes: number, loss: number, kind: string) => ({
		...{ bytes, kind, loss: Math.max(FLOOR, loss) },
		said: `${grouped(bytes)} bytes: noise of ${(100 * loss).toPrecision(3)} %, ${kind}`,
	});
	const points = candidates.flatMap(({ blobBytes, predicted, screened }, i) => [
		...(predicted !== undefined && Number.isFinite(predicted)
			? [point(blobBytes, predicted, "predicted")]
			: []),
		...(screened ? [point(blobBytes, lossOf(screened, highest), i === chosen ? "chosen" : "measured")] : []),
	]);
	return chart({
		title: above("noise beyond the highest precision's, relative to the outputs' power"),
		data: { values: points },
		width: PLOT + 15,
		height: 220,
		encoding: {
			x: bytesAxis("bytes of the blob"),
			y: {
				field: "loss",
				type: "quantitative",
				title: null,
				scale: { type: "log" },
				axis: { format: "~e", tickCount: 6 },
			},
		},
		layer: kinds(["predicted", "measured", "chosen"]),
	});
}

/** Bytes by component, before and after. */
export function memoryBars(parts: readonly MemoryPart[]): TopLevelSpec {
	const values = parts.flatMap(({ name, float, integer }) =>
		[
			{ name, kind: "float32", bytes: float },
			{ name, kind: "integers", bytes: integer },
		].map((bar) => ({ ...bar, said: `${name}, ${bar.kind}: ${grouped(bar.bytes)} bytes` })),
	);
	return chart({
		data: { values },
		width: 210,
		height: { step: 14 },
		encoding: {
			y: {
				field: "name",
				type: "nominal",
				sort: null,
				title: null,
				axis: { domain: false, ticks: false, labelLimit: 105, minExtent: NAMES },
				scale: { paddingInner: 0.35 },
			},
			yOffset: { field: "kind", type: "nominal", sort: ["float32", "integers"] },
			x: { field: "bytes", type: "quantitative", title: "bytes", axis: { tickCount: 3, format: ",d" } },
			description: { field: "said" },
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

/** Width of a text of this chart's names, at most what is left beside the smallest matrix [px]. */
const MOST_NAME = 90;

/** Confusion matrix. Rows: true class; columns: predicted class. */
export function confusionMatrix(
	confusion: readonly (readonly number[])[],
	labels: readonly string[],
): TopLevelSpec {
	// Names are numbered: two labels may be equal, and axes join equal names.
	const values = confusion.flatMap((row, is) => {
		const total = row.reduce((a, b) => a + b, 0);
		return row.map((count, taken) => ({
			...{ is, taken, count },
			// One error in a thousand must be visible next to thousands of correct answers.
			shade: count === 0 ? 0 : Math.max(0, Math.log10((1000 * count) / total)) / 3,
			right: is === taken ? 1 : 0,
			said: `${labels[is] ?? is} taken for ${labels[taken] ?? taken}: ${grouped(count)}`,
		}));
	});
	const order = confusion.map((_, k) => k);
	const step = Math.min(40, (PLOT + NAMES - MOST_NAME) / confusion.length);
	const axis = {
		...{ domain: false, ticks: false, labelLimit: MOST_NAME - 20, labelFontSize: Math.min(11, step - 1) },
		labelExpr: `${JSON.stringify(order.map((k) => labels[k] ?? String(k)))}[datum.value]`,
	};
	const upright = labels.every((label) => 0.56 * 11 * label.length < step - 4);
	const largest = Math.max(...values.map(({ count }) => grouped(count).length));
	return chart({
		title: above("rows: is, columns: taken for"),
		data: { values },
		width: { step },
		height: { step: Math.min(24, step) },
		encoding: {
			x: {
				...{ field: "taken", type: "ordinal", sort: order, title: null },
				axis: { ...axis, ...(upright ? { labelAngle: 0 } : { labelAngle: -90, labelBaseline: "middle" }) },
			},
			y: { field: "is", type: "ordinal", sort: order, title: null, axis },
			description: { field: "said" },
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
				mark: { type: "text", color: INK, fontSize: Math.min(11, (1.6 * step) / largest, step - 2) },
				encoding: { text: { field: "count", type: "quantitative", format: "," } },
			},
		],
	});
}
