// The content of a report, gathered from a blob, the search that made it, and optionally unseen sequences. Numbers only;
// charts.ts draws them, page.ts writes them.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readContainer } from "../../src/blob/container";
import { macsPerStep } from "../../src/network/macs";
import { arithmeticVersion } from "../../src/network/network";
import type { Drawn } from "../datasets/dataset";
import { evaluate } from "../evaluation/evaluate";
import { type CheckpointModel, readBlobFile } from "../evaluation/model-file";
import { arenaComponents, blobComponents, saving } from "../packing/components";
import { namedArena, namedComponents } from "../packing/names";
import { endsText, layerText } from "../quantization/precision";
import { precisionOf } from "../quantization/precision-of";
import { type Shape, shapeOf } from "../quantization/shape";
import { instructionsOf } from "../search/cost";
import { type MemoryPart, memoryParts } from "../search/memory";
import { readSearchFile, type SearchFile } from "../search/result";
import { confusionOf } from "../task/classify-metrics";
import { normalOf } from "../task/classify-normal";
import { taskOf } from "../task/fit";
import { openForHead } from "../task/open";
import { targetsOf, type ValueMetrics } from "../task/regress-metrics";
import type { Judged } from "../task/task";
import { UserError } from "../terminal/errors";
import { type AutoFile, findAutoFile } from "./auto-file";

/** Results on sequences unseen by training and search. */
export interface HeldOut extends Judged {
	data: string;
	/** null: all of the test split. */
	drawn: Drawn | null;
	/** The float network's; null: not given. */
	float: Judged | null;
	/** null: the network has no classes, or the float network is not given. */
	confusion: number[][] | null;
	floatConfusion: number[][] | null;
	/** Metrics of each target, with those of the float network where it is given; null: the network has classes. */
	targets: { name: string; integers: ValueMetrics; float: ValueMetrics | null }[] | null;
}

export interface ReportData {
	kind: "report";
	/** File name of the blob. */
	blob: string;
	blobBytes: number;
	/** Version of the arithmetic that the blob needs. */
	arithmetic: number;
	/** SHA-256 stored in the blob. */
	identity: string;
	shape: Shape;
	labels: string[];
	macsPerStep: number;
	instructions: number;
	/** By layer and key, as texts of --bits. */
	bits: Record<string, string>[];
	/** Of network-wide components: encoder, head, residual stream. */
	ends: Record<string, string>;
	/** Bytes by content, with display names. */
	flash: [string, number][];
	arena: [string, number][];
	/** Empty, as the next two are null, where the float network is not known. */
	memory: MemoryPart[];
	savedPercent: number | null;
	floatBytes: number | null;
	search: SearchFile | null;
	/** What train --auto judged. */
	auto: AutoFile | null;
	heldOut: HeldOut | null;
	/** Commands that made it, first to last. */
	commands: string[];
}

export interface GatherOptions {
	/** Data set for evaluation on its test split. */
	data?: string;
	/** The float checkpoint, for its accuracy there. */
	checkpoint?: CheckpointModel;
	limit?: number;
	seed?: number;
	threads?: number;
	command: string;
	onProgress?: (done: number, of: number) => void;
}

/** Blob and search result from a path to either. */
function find(path: string): { blobPath: string; searchPath: string | undefined } {
	if (path.endsWith(".json")) {
		const { blob } = readSearchFile(path);
		return { blobPath: join(dirname(path), basename(blob)), searchPath: path };
	}
	const beside = `${path.replace(/\.essm$/, "")}.search.json`;
	return { blobPath: path, searchPath: existsSync(beside) ? beside : undefined };
}

/** @throws UserError when files are missing or do not belong together */
export async function gather(path: string, options: GatherOptions): Promise<ReportData> {
	const { blobPath, searchPath } = find(path);
	const model = readBlobFile(blobPath);
	const { bytes, network } = model;
	let search = searchPath === undefined ? null : readSearchFile(searchPath);
	if (search && search.blobHash !== createHash("sha256").update(readFileSync(blobPath)).digest("hex")) {
		if (path === searchPath)
			throw new UserError(`${blobPath} is not the blob that ${path} describes; run the search again.`);
		search = null;
	}
	const precision = precisionOf(network);
	const floatNetwork = options.checkpoint?.model;
	const saved = saving(bytes, network, floatNetwork);

	let heldOut: HeldOut | null = null;
	if (options.data !== undefined) {
		const { limit, seed, threads, checkpoint, onProgress } = options;
		const normal = normalOf(network.notes);
		const dataset = await openForHead(network.head, options.data, "test", { limit, seed, normal });
		const of = dataset.count * (checkpoint ? 2 : 1);
		const run = { ...(threads !== undefined && { threads }) };
		const integer = await evaluate(model, dataset, "kernel", {
			...run,
			onProgress: (done) => onProgress?.(done, of),
		});
		const float =
			checkpoint &&
			(await evaluate(checkpoint, dataset, "float", {
				...run,
				onProgress: (done) => onProgress?.(dataset.count + done, of),
			}));
		const { judged } = taskOf(dataset);
		const [inIntegers, inFloat] = [integer.metrics, float?.metrics];
		heldOut = {
			data: dataset.name,
			drawn: dataset.drawn ?? null,
			...judged(inIntegers),
			float: inFloat ? judged(inFloat) : null,
			confusion: confusionOf(inIntegers),
			floatConfusion: inFloat ? confusionOf(inFloat) : null,
			targets:
				targetsOf(inIntegers)?.map((integers, k) => ({
					name: network.labels[k]!,
					integers,
					float: (inFloat && targetsOf(inFloat)?.[k]) ?? null,
				})) ?? null,
		};
	}
	return {
		kind: "report",
		blob: basename(blobPath),
		blobBytes: bytes.length,
		arithmetic: arithmeticVersion(network),
		identity: Buffer.from(readContainer(bytes).identity).toString("hex"),
		shape: shapeOf(network),
		labels: network.labels,
		macsPerStep: macsPerStep(network),
		instructions: instructionsOf(network),
		bits: precision.layers.map(layerText),
		ends: endsText(precision),
		flash: namedComponents(blobComponents(bytes, network)),
		arena: namedArena(arenaComponents(network)),
		memory: memoryParts(bytes, network, floatNetwork),
		savedPercent: saved?.percent ?? null,
		floatBytes: saved?.floatBytes ?? null,
		search,
		auto: findAutoFile(blobPath, bytes.length),
		heldOut,
		commands: [...(search ? [search.command] : []), options.command],
	};
}
