// The style that all charts share. Text and axes take the page's colour (currentColor); data colours work on light and dark. A drawing is
// as wide as a small screen, so that nothing of it is cut there; pages enlarge it on others.

import type { TopLevelSpec } from "./draw";
export const INK = "currentColor";
export const BLUE = "#4c8dd6";
export const ORANGE = "#e8883a";
export const GREY = "#8a919c";
/** Width of a chart without the numbers and names on its left, and of those [px]. */
export const PLOT = 285;
export const NAMES = 65;

const config = {
	background: "transparent",
	padding: 2,
	font: "system-ui, sans-serif",
	view: { stroke: null },
	axis: {
		labelColor: INK,
		titleColor: INK,
		domainColor: GREY,
		tickColor: GREY,
		gridColor: GREY,
		gridOpacity: 0.25,
		labelFontSize: 11,
		titleFontSize: 11,
		titleFontWeight: "normal",
	},
	legend: {
		labelColor: INK,
		titleColor: INK,
		labelFontSize: 11,
		titleFontSize: 11,
		titleFontWeight: "normal",
		orient: "top",
		offset: 6,
	},
	text: { fontSize: 10 },
} as const;

/** A specification in this project's style. */
export function chart(spec: object): TopLevelSpec {
	return { $schema: "https://vega.github.io/schema/vega-lite/v6.json", config, ...spec } as TopLevelSpec;
}

/** A line of text above a chart or panel; also the title of its vertical axis, which would take a tenth of a small screen's width. */
export function above(text: string, weight: "bold" | "normal" = "normal") {
	return {
		text,
		color: INK,
		anchor: "start",
		frame: "group",
		fontSize: weight === "bold" ? 13 : 11,
		fontWeight: weight,
	};
}
