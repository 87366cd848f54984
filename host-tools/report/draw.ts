// vega-lite specifications to SVG, without browser or canvas. vega is loaded only when a chart is drawn.
import type { TopLevelSpec } from "vega-lite";

/** The SVG of a specification. @param name prefix of its ids, so that several fit one page; also its label */
export async function drawSvg(spec: TopLevelSpec, name: string, label: string): Promise<string> {
	const [{ parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
	const view = new View(parse(compile(spec).spec), { renderer: "none" });
	const svg = await view.toSVG();
	view.finalize();
	return svg
		.replace(/\bid="/g, `id="${name}-`)
		.replace(/url\(#/g, `url(#${name}-`)
		.replace(/^<svg /, `<svg role="img" aria-label="${label}" `);
}
