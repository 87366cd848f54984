// Readings of sensitivity as grids of cells: colour is the SNR of the outputs, text the task's quality in %. One component in a row, all widths
// side by side; two that are read together in a grid of their own, because their losses do not add.
import { componentNames, pairedComponents } from "../search/components";
import { snr } from "../search/measure";
import type { Reading, Sensitivity } from "../search/reading";
import type { Quality } from "../task/task";
import type { TopLevelSpec } from "./draw";
import { above, chart, NAMES, PLOT } from "./style";

const layerName = (layer: number | null) => (layer === null ? "whole network" : `layer ${layer} alone`);

interface Cell {
	row: string;
	column: string;
	snr: number;
	/** In %, short enough for a cell. */
	quality: string;
	/** All of it in words. */
	said: string;
}

/** Rows and columns in their order, with the titles of the axes. */
interface Grid {
	title: string;
	rows: string[];
	columns: string[];
	across: string;
	down: string | null;
	cells: Cell[];
}

function cell(
	{ measurement }: Reading,
	{ of, name }: Quality,
	row: string,
	column: string,
	words: string,
): Cell {
	const [decibels, quality] = [snr(measurement!.noise), of(measurement!)];
	return {
		...{ row, column, snr: decibels },
		quality: quality >= 100 ? quality.toFixed(0) : quality.toFixed(1),
		said: `${words}: ${name} ${quality.toFixed(2)} %, SNR ${decibels.toFixed(1)} dB`,
	};
}

function panel({ title, rows, columns, across, down, cells }: Grid, step: number) {
	const axis = { domain: false, ticks: false };
	return {
		title: above(title, "bold"),
		data: { values: cells },
		width: { step },
		height: { step: 20 },
		encoding: {
			x: {
				field: "column",
				type: "ordinal",
				scale: { domain: columns },
				title: across,
				axis: { ...axis, labelAngle: 0 },
			},
			y: {
				field: "row",
				type: "ordinal",
				scale: { domain: rows },
				title: down,
				axis: { ...axis, minExtent: down === null ? NAMES : 0 },
			},
			description: { field: "said" },
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
				mark: { type: "text", fontSize: step < 26 ? 9 : 10 },
				encoding: {
					text: { field: "quality", type: "nominal" },
					color: { condition: { test: "datum.snr > 22", value: "#10141a" }, value: "#ffffff" },
				},
			},
		],
	};
}

const layersOf = (readings: readonly Reading[]) =>
	[...new Set(readings.map(({ layer }) => layer))].sort((a, b) => (a ?? -1) - (b ?? -1));

const inOrder = (widths: readonly string[]) => [...new Set(widths)].sort((a, b) => Number(a) - Number(b));

function stacked(grids: Grid[], step: number): TopLevelSpec {
	return chart({
		vconcat: grids.map((grid) => panel(grid, step)),
		spacing: 14,
	});
}

/** Every reading of one component. */
export function heatMap({ readings: all }: Pick<Sensitivity, "readings">, quality: Quality): TopLevelSpec {
	const single = new Set(componentNames());
	const readings = all.filter(({ component }) => single.has(component));
	const columns = inOrder(readings.map(({ width }) => width));
	const grids = layersOf(readings).map((layer): Grid => {
		const here = readings.filter((reading) => reading.layer === layer);
		return {
			...{ title: layerName(layer), columns, across: "bits", down: null },
			rows: [...single].filter((name) => here.some(({ component }) => component === name)),
			cells: here
				.filter(({ measurement }) => measurement !== null)
				.map((reading) =>
					cell(
						reading,
						quality,
						reading.component,
						reading.width,
						`${reading.component} of ${reading.width} bits, ${layerName(layer)}`,
					),
				),
		};
	});
	return stacked(grids, Math.min(38, PLOT / columns.length));
}

/** Readings of components that are read together; undefined where there are none. */
export function pairGrids(
	{ readings }: Pick<Sensitivity, "readings">,
	quality: Quality,
): TopLevelSpec | undefined {
	const grids = [...pairedComponents()].flatMap(([name, [down, across]]) => {
		const here = readings.filter(({ component }) => component === name);
		return layersOf(here).map((layer): Grid => {
			const cells = here.flatMap((reading) => {
				if (reading.layer !== layer || reading.measurement === null) return [];
				const [row, column] = reading.width.split(" and ");
				const words = `${down.name} of ${row} bits and ${across.name} of ${column}, ${layerName(layer)}`;
				return [cell(reading, quality, row!, column!, words)];
			});
			return {
				title: layerName(layer),
				rows: inOrder(cells.map(({ row }) => row)),
				columns: inOrder(cells.map(({ column }) => column)),
				...{ across: `bits of ${across.name}`, down: `bits of ${down.name}`, cells },
			};
		});
	});
	return grids.length ? stacked(grids, 38) : undefined;
}
