// Writes a report into a folder: index.html, report.json with all its numbers, and every chart as an SVG file.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../files/write";
import { qualityFor } from "../task/fit";
import { UserError } from "../terminal/errors";
import { confusionMatrix, heatMap, memoryBars, paretoFront } from "./charts";
import { drawSvg } from "./draw";
import { type Drawings, page } from "./page";
import type { ReportData } from "./report";

/** @returns paths of the files written, the page first @throws UserError when the folder cannot be written */
export async function writeReport(folder: string, data: ReportData): Promise<string[]> {
	const { search, heldOut, memory, labels } = data;
	const confusion = (heldOut ?? search?.validation)?.confusion;
	const drawings: Drawings = {
		memory: await drawSvg(memoryBars(memory), "memory", "Bytes by component, float32 and integers"),
	};
	if (search) {
		const { sensitivity, candidates, chosen } = search;
		const quality = qualityFor(data.shape.head);
		const title = `SNR and ${quality.name} by component and width`;
		drawings.heatMap = await drawSvg(heatMap(sensitivity, quality), "heat", title);
		drawings.pareto = await drawSvg(
			paretoFront(candidates, chosen, sensitivity.highest),
			"pareto",
			"Bytes of the blob against loss",
		);
	}
	if (confusion)
		drawings.confusion = await drawSvg(confusionMatrix(confusion, labels), "confusion", "Confusion matrix");
	try {
		mkdirSync(folder, { recursive: true });
	} catch (error) {
		throw new UserError(`The folder ${folder} cannot be created: ${(error as Error).message}.`);
	}
	const files: [string, string | undefined][] = [
		["index.html", page(data, drawings)],
		["report.json", `${JSON.stringify(data, null, "\t")}\n`],
		["heat-map.svg", drawings.heatMap],
		["pareto.svg", drawings.pareto],
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
