// A training run's curves as an SVG picture: losses on a logarithmic axis, accuracies where the task has any; the kept epoch is marked. Text
// and frames take the page's colour; where the picture stands alone it follows the viewer's light or dark scheme. It is as wide as a small
// screen, and grows with larger ones. The pointer over an epoch shows its figures.
import type { EpochReport } from "./train";

const WIDTH = 380;
/** Shown at most this wide [px]; its text is smaller then, relative to the rest. */
const WIDEST = 720;
const PANEL = 200;
const MARGIN = { left: 48, right: 14, top: 28, bottom: 44 };
const INNER = WIDTH - MARGIN.left - MARGIN.right;
const TRAINING = "#8a919c";
const VALIDATION = "#4c8dd6";
const KEPT = "#e8883a";

interface Curve {
	name: string;
	color: string;
	values: (number | null)[];
}

interface Axis {
	/** Linearizes a value. */
	scale(value: number): number;
	/** Values between two that get a line and a number. */
	ticks(low: number, high: number): number[];
	text(value: number): string;
}

/** 1, 2 or 5 times a power of ten: about `count` steps of it from low to high. */
function roundStep(low: number, high: number, count: number): number {
	const raw = (high - low) / count;
	const power = 10 ** Math.floor(Math.log10(raw));
	return power * ([1, 2, 5].find((step) => raw <= step * power) ?? 10);
}

function evenTicks(low: number, high: number, count: number): number[] {
	if (!(high > low)) return [low];
	const step = roundStep(low, high, count);
	const first = Math.ceil(low / step - 1e-9);
	return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

const LINEAR: Axis = {
	scale: (value) => value,
	ticks: (low, high) => evenTicks(low, high, 6),
	text: (value) => `${Number((100 * value).toFixed(2))} %`,
};

const LOGARITHMIC: Axis = {
	scale: (value) => Math.log(Math.max(value, 1e-9)),
	ticks(low, high) {
		const from = Math.floor(Math.log10(Math.max(low, 1e-9)));
		const decades = Array.from(
			{ length: Math.ceil(Math.log10(Math.max(high, 1e-9))) - from + 1 },
			(_, i) => from + i,
		);
		const all = decades.flatMap((decade) => [1, 2, 5].map((digit) => digit * 10 ** decade));
		const within = all.filter((value) => value >= low && value <= high);
		return within.length >= 2 ? within : evenTicks(low, high, 4);
	},
	text: (value) => String(Number(value.toPrecision(3))),
};

const line = (x1: number, y1: number, x2: number, y2: number, more: string) =>
	`<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${more}/>`;

/** One panel: frame, axes with numbers, curves, and a line at the kept epoch. */
function panel(
	title: string,
	top: number,
	epochs: number,
	kept: number,
	curves: Curve[],
	axis: Axis,
): string {
	const known = curves.flatMap((curve) => curve.values).filter((value): value is number => value !== null);
	const [low, high] = [Math.min(...known), Math.max(...known)];
	const span = axis.scale(high) - axis.scale(low) || 1;
	const bottom = top + PANEL;
	const x = (epoch: number) => MARGIN.left + (INNER * (epoch - 1)) / Math.max(1, epochs - 1);
	const y = (value: number) => bottom - (PANEL * (axis.scale(value) - axis.scale(low))) / span;
	const left = axis
		.ticks(low, high)
		.map((value) => [
			line(
				MARGIN.left,
				y(value),
				WIDTH - MARGIN.right,
				y(value),
				`stroke="currentColor" stroke-opacity="0.15"`,
			),
			`<text x="${MARGIN.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${axis.text(value)}</text>`,
		]);
	const numbers = evenTicks(1, epochs, 8).filter(Number.isInteger);
	const below = (numbers.includes(1) ? numbers : [1, ...numbers]).map((epoch) => [
		line(x(epoch), bottom, x(epoch), bottom + 4, `stroke="currentColor"`),
		`<text x="${x(epoch).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${epoch}</text>`,
	]);
	const named = curves.filter(({ values }) => values.some((value) => value !== null));
	const drawn = named.map(({ name, color, values }, k) => {
		const points = values.flatMap((value, i) =>
			value === null ? [] : [`${x(i + 1).toFixed(1)},${y(value).toFixed(1)}`],
		);
		return (
			`<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${points.join(" ")}"/>` +
			`<text x="${WIDTH - MARGIN.right - 70 * (named.length - k - 1)}" y="${top - 8}" text-anchor="end" fill="${color}">${name}</text>`
		);
	});
	// Losses are low at the end and accuracies high: the text is where no curve is.
	const side = x(kept) > WIDTH / 2 ? -1 : 1;
	const half = INNER / Math.max(1, epochs - 1) / 2;
	const strips = Array.from({ length: epochs }, (_, i) => {
		const figures = named.flatMap(({ name, values }) => {
			const value = values[i] ?? null;
			return value === null ? [] : `${name} ${axis.text(value)}`;
		});
		const from = Math.max(MARGIN.left, x(i + 1) - half);
		const to = Math.min(WIDTH - MARGIN.right, x(i + 1) + half);
		return `<path class="epoch" d="M${from.toFixed(1)} ${top}H${to.toFixed(1)}V${bottom}H${from.toFixed(1)}Z"><title>epoch ${i + 1}: ${figures.join(", ")}</title></path>`;
	});
	return [
		`<rect x="${MARGIN.left}" y="${top}" width="${INNER}" height="${PANEL}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>`,
		`<text x="${MARGIN.left}" y="${top - 8}">${title}</text>`,
		...left.flat(),
		...below.flat(),
		...drawn,
		...(kept < 1
			? []
			: [
					line(x(kept), top, x(kept), bottom, `stroke="${KEPT}" stroke-dasharray="4 3"`),
					`<text x="${(x(kept) + 5 * side).toFixed(1)}" y="${axis === LINEAR ? bottom - 6 : top + 14}" text-anchor="${side < 0 ? "end" : "start"}" fill="${KEPT}">kept: epoch ${kept}</text>`,
				]),
		`<text x="${WIDTH / 2}" y="${bottom + 36}" text-anchor="middle">epoch</text>`,
		...strips,
	].join("\n");
}

/**
 * An SVG document of the run's losses and accuracies by epoch; at least one epoch.
 * @param kept the epoch whose weights were kept, from 1; 0: those of the start
 */
export function drawCurves(history: readonly EpochReport[], kept: number): string {
	const epochs = history.length;
	const both = (training: (number | null)[], validation: (number | null)[]): Curve[] => [
		{ name: "training", color: TRAINING, values: training },
		{ name: "validation", color: VALIDATION, values: validation },
	];
	const losses = both(
		history.map(({ loss }) => loss),
		history.map(({ validationLoss }) => validationLoss),
	);
	const accuracies = both(
		history.map(({ accuracy }) => accuracy),
		history.map(({ validationAccuracy }) => validationAccuracy),
	);
	const counts = accuracies.some(({ values }) => values.some((value) => value !== null));
	const second = MARGIN.top + PANEL + MARGIN.bottom + MARGIN.top;
	const height = (counts ? second : MARGIN.top) + PANEL + MARGIN.bottom;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" style="width:100%;max-width:${WIDEST}px;height:auto" font-family="sans-serif" font-size="12">`,
		"<style>:root{color:#1b1f26;background:#fff}@media(prefers-color-scheme:dark){:root{color:#e6e9ee;background:#14171c}}text:not([fill]){fill:currentColor}text{pointer-events:none}@media(min-width:600px){text{font-size:8px}}.epoch{fill:currentColor;fill-opacity:0}.epoch:hover{fill-opacity:.12}</style>",
		panel("loss (logarithmic)", MARGIN.top, epochs, kept, losses, LOGARITHMIC),
		...(counts ? [panel("accuracy", second, epochs, kept, accuracies, LINEAR)] : []),
		"</svg>\n",
	].join("\n");
}
