// Writes a report into a folder: index.html, report.json with all its numbers, and every chart as an SVG file.
import { join } from "node:path";
import { makeFolder, writeWhole } from "../files/write";
import { qualityFor } from "../task/fit";
import type { Judged, Quality } from "../task/task";
import { frontOf } from "./auto-file";
import { confusionMatrix, type Front, memoryBars, paretoFront, qualityFront } from "./charts";
import { drawSvg } from "./draw";
import { heatMap, pairGrids } from "./heat-map";
import { type Drawings, page } from "./page";
import type { ReportData } from "./report";

/** The choices of a search as it measured them. */
function frontOfSearch(
	{ candidates, chosen, validation }: NonNullable<ReportData["search"]>,
	measure: Quality,
): Front {
	const kinds = ["screened", "validated", "chosen"] as const;
	const point = (one: (typeof candidates)[number], judged: Judged, kind: string) => ({
		...{ kind, bytes: one.blobBytes, quality: measure.of(judged) },
		name: one.trained ? `trained ${one.trained} epochs for it` : "without training",
	});
	return {
		...{ kinds, measure },
		float: measure.of(validation.float),
		points: candidates.flatMap((one, i) => [
			...(one.screened && i !== chosen ? [point(one, one.screened, kinds[0])] : []),
			...(one.validated ? [point(one, one.validated, i === chosen ? kinds[2] : kinds[1])] : []),
		]),
	};
}

/** @returns paths of the files written, the page first @throws UserError when the folder cannot be written */
export async function writeReport(folder: string, data: ReportData): Promise<string[]> {
	const { search, auto, heldOut, memory, labels } = data;
	const confusion = (heldOut ?? search?.validation)?.confusion;
	const drawings: Drawings = {};
	if (memory.length)
		drawings.memory = await drawSvg(memoryBars(memory), "memory", "Bytes by component, float32 and integers");
	const quality = qualityFor(data.shape.head);
	const front = search ? frontOfSearch(search, quality) : auto && frontOf(auto);
	if (front)
		drawings.front = await drawSvg(
			qualityFront(front),
			"front",
			`Bytes of the blob against ${front.measure.name}`,
		);
	if (search) {
		const { sensitivity, candidates, chosen } = search;
		const title = `SNR and ${quality.name} by component and width`;
		drawings.heatMap = await drawSvg(heatMap(sensitivity, quality), "heat", title);
		drawings.pareto = await drawSvg(
			paretoFront(candidates, chosen, sensitivity.highest),
			"pareto",
			"Bytes of the blob against loss",
		);
		const pairs = pairGrids(sensitivity, quality);
		if (pairs)
			drawings.pairs = await drawSvg(
				pairs,
				"pairs",
				`SNR and ${quality.name} by the widths of two components`,
			);
	}
	if (confusion)
		drawings.confusion = await drawSvg(confusionMatrix(confusion, labels), "confusion", "Confusion matrix");
	makeFolder(folder);
	const files: [string, string | undefined][] = [
		["index.html", page(data, drawings)],
		["report.json", `${JSON.stringify(data, null, "\t")}\n`],
		["front.svg", drawings.front],
		["pareto.svg", drawings.pareto],
		["heat-map.svg", drawings.heatMap],
		["pairs.svg", drawings.pairs],
		["memory.svg", drawings.memory],
		["confusion.svg", drawings.confusion],
	];
	const written: string[] = [];
	for (const [name, text] of files) {
		if (text === undefined) continue;
		const path = join(folder, name);
		writeWhole(path, Buffer.from(text));
		written.push(path);
	}
	return written;
}
