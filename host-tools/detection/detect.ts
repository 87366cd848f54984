// A detector on labelled sequences: scores, alarms and metrics.
import type { Dataset } from "../datasets/dataset";
import type { BlobModel } from "../evaluation/model-file";
import { Pool } from "../evaluation/pool";
import { UserError } from "../terminal/errors";
import { type Detection, type DetectMetrics, measureDetections } from "./detect-metrics";
import { greatest, scoresOf } from "./scores";

export interface DetectOptions {
	target: "reference" | "kernel";
	threads?: number;
	onProgress?: (done: number) => void;
}

/**
 * Runs every row, uncut, through network and detector.
 * @param isNormal of each row @throws UserError when the blob has no detector
 */
export async function detect(
	{ bytes, network }: BlobModel,
	dataset: Dataset,
	isNormal: readonly boolean[],
	{ target, threads, onProgress }: DetectOptions,
): Promise<DetectMetrics> {
	const { detector, input } = network;
	if (!detector) throw new UserError("The blob has no detector: its outputs are only forecasts.");
	const pool = new Pool(threads);
	try {
		let done = 0;
		const outputs = await pool.outputs({ target, blob: bytes }, dataset, (n) => onProgress?.((done += n)));
		const width = dataset.T * input.length;
		const detections = Array.from({ length: dataset.count }, (_, row): Detection => {
			const own = outputs.subarray(row * width, (row + 1) * width);
			const scores = scoresOf(network, detector, dataset, row, own);
			const alarm = scores.findIndex((score) => score !== undefined && score >= detector.threshold);
			return { isNormal: isNormal[row]!, score: greatest(scores), alarm: alarm < 0 ? undefined : alarm };
		});
		return measureDetections(detections);
	} finally {
		await pool.close();
	}
}
