// A training run's curves as an SVG picture: losses on a logarithmic axis, accuracies below.
import type { EpochReport } from "./train";

const WIDTH = 640;
const PANEL = 200;
const MARGIN = { left: 60, right: 16, top: 28, bottom: 32 };
const TRAINING = "#888888";
const VALIDATION = "#0b62c4";

interface Curve {
	name: string;
	color: string;
	values: (number | null)[];
}

/** One panel with its frame, two numbers on the vertical axis, and curves; `scale` linearizes a value. */
function panel(
	title: string,
	top: number,
	epochs: number,
	curves: Curve[],
	scale: (v: number) => number,
): string {
	const known = curves.flatMap((curve) => curve.values).filter((v): v is number => v !== null);
	const low = Math.min(...known);
	const high = Math.max(...known);
	const span = scale(high) - scale(low) || 1;
	const x = (i: number) => MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * i) / Math.max(1, epochs - 1);
	const y = (v: number) => top + PANEL - (PANEL * (scale(v) - scale(low))) / span;
	const label = (v: number) =>
		`<text x="${MARGIN.left - 6}" y="${(y(v) + 4).toFixed(1)}" text-anchor="end">${v.toPrecision(3)}</text>`;
	const drawn = curves.map(({ name, color, values }, k) => {
		const points = values.flatMap((v, i) => (v === null ? [] : [`${x(i).toFixed(1)},${y(v).toFixed(1)}`]));
		if (points.length === 0) return "";
		return (
			`<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${points.join(" ")}"/>` +
			`<text x="${WIDTH - MARGIN.right - 90 * (curves.length - k - 1)}" y="${top - 8}" text-anchor="end" fill="${color}">${name}</text>`
		);
	});
	return [
		`<rect x="${MARGIN.left}" y="${top}" width="${WIDTH - MARGIN.left - MARGIN.right}" height="${PANEL}" fill="none" stroke="#cccccc"/>`,
		`<text x="${MARGIN.left}" y="${top - 8}">${title}</text>`,
		label(low),
		low === high ? "" : label(high),
		...drawn,
	].join("\n");
}

/** An SVG document of the run's losses and accuracies by epoch; at least one epoch. */
export function drawCurves(history: EpochReport[]): string {
	const epochs = history.length;
	const both = (training: (number | null)[], validation: (number | null)[]): Curve[] => [
		{ name: "training", color: TRAINING, values: training },
		{ name: "validation", color: VALIDATION, values: validation },
	];
	const losses = both(
		history.map((e) => e.loss),
		history.map((e) => e.validationLoss),
	);
	const accuracies = both(
		history.map((e) => e.accuracy),
		history.map((e) => e.validationAccuracy),
	);
	const second = MARGIN.top + PANEL + MARGIN.bottom + MARGIN.top;
	const height = second + PANEL + MARGIN.bottom;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
		`<rect width="${WIDTH}" height="${height}" fill="white"/>`,
		panel("loss (logarithmic)", MARGIN.top, epochs, losses, (v) => Math.log(Math.max(v, 1e-9))),
		panel("accuracy", second, epochs, accuracies, (v) => v),
		`<text x="${WIDTH / 2}" y="${height - 10}" text-anchor="middle">epochs 1 to ${epochs}</text>`,
		"</svg>\n",
	].join("\n");
}
