// The picture of a run: numbers on both axes where their values are, the kept epoch marked, and nothing drawn of what there is none.
import { expect, test } from "vitest";
import { drawCurves } from "../../host-tools/training/curves";

const epoch = (number: number, loss: number, accuracy: number | null) => ({
	...{ epoch: number, epochs: 20, loss, accuracy, validationLoss: null, validationAccuracy: null },
	...{ rate: 1, secondsLeft: 0, best: false },
});
/** Losses fall from 1 to 0.01 in equal steps of their logarithm. */
const falling = (accuracy: boolean) =>
	Array.from({ length: 20 }, (_, i) => epoch(i + 1, 10 ** ((-2 * i) / 19), accuracy ? 0.5 + i / 40 : null));
const ys = (svg: string, text: string) =>
	[...svg.matchAll(/<text x="[^"]*" y="([^"]*)"[^>]*>([^<]*)</g)]
		.filter(([, , t]) => t === text)
		.map(([, y]) => Number(y));

test("axes have round numbers where the curve has these values, the kept epoch a line", () => {
	const svg = drawCurves(falling(true), 15);
	// The panel is 200 high from 28 on; 0.1 is in its middle, text stands 4 lower.
	expect(ys(svg, "1")[0]).toBeCloseTo(32, 0);
	expect(ys(svg, "0.1")[0]).toBeCloseTo(132, 0);
	expect(ys(svg, "0.01")[0]).toBeCloseTo(232, 0);
	expect(ys(svg, "60 %")).toHaveLength(1);
	for (const number of ["1", "5", "10", "15", "20"])
		expect(svg).toContain(`text-anchor="middle">${number}</text>`);
	const points = /points="([^"]*)"/.exec(svg)![1]!.split(" ");
	const [x] = points[14]!.split(",");
	expect([...svg.matchAll(/<line x1="([^"]*)"[^>]*stroke-dasharray/g)].map(([, at]) => at)).toEqual([x, x]);
	expect(svg.match(/kept: epoch 15/g)).toHaveLength(2);
	expect(svg).toContain("prefers-color-scheme:dark");
	expect(svg).not.toMatch(/NaN|Infinity|validation/);
});

test("without accuracies there is one panel; a run that kept its start marks no epoch; one epoch is a point", () => {
	const svg = drawCurves(falling(false), 0);
	expect(svg).not.toContain("accuracy");
	expect(svg).not.toContain("kept");
	expect(svg.match(/<rect/g)).toHaveLength(1);
	expect(drawCurves([epoch(1, 0.5, 0.5)], 1)).not.toMatch(/NaN|Infinity/);
});
