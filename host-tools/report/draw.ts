// vega-lite specifications to SVG, without browser or canvas. vega is loaded only when a chart is drawn.
import type { TopLevelSpec } from "vega-lite";

export type { TopLevelSpec };

/** Widths of characters of a sans-serif font, in units of its size; without a canvas vega takes 0.8 and leaves bands of nothing. */
const MEAN_WIDTH = 0.62;
/** How much larger a page may show a drawing than it is. */
const ENLARGED = 1.4;

/** What vega measures texts with; its typings leave it out. */
interface TextMetrics {
	width(item: object, text: unknown): number;
	height(item: object): number;
}

/** The SVG of a specification. @param name prefix of its ids, so that several fit one page; also its label */
export async function drawSvg(spec: TopLevelSpec, name: string, label: string): Promise<string> {
	const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
	const { parse, View } = vega;
	const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
	textMetrics.width = (item, text) => MEAN_WIDTH * textMetrics.height(item) * String(text ?? "").length;
	const view = new View(parse(compile(spec).spec), { renderer: "none" });
	const svg = await view.toSVG();
	view.finalize();
	const width = Number(/ width="([\d.]+)"/.exec(svg)![1]);
	return titled(svg)
		.replace(/\bid="/g, `id="${name}-`)
		.replace(/url\(#/g, `url(#${name}-`)
		.replace(
			/^<svg /,
			`<svg role="img" aria-label="${label}" style="max-width:${Math.round(ENLARGED * width)}px" `,
		);
}

/** Gives each mark its description as a title too, which browsers show under the pointer. */
function titled(svg: string): string {
	return svg.replace(
		/(<(path|text|line|rect|circle)\b[^>]*? aria-label="([^"]*)" role="graphics-symbol"[^>]*?)(\/>|>)/g,
		(_, head: string, tag: string, text: string, end: string) =>
			`${head}><title>${text.replace(/</g, "&lt;")}</title>${end === "/>" ? `</${tag}>` : ""}`,
	);
}
