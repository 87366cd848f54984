// Calibration on vectors, where available.
import { availableParallelism } from "node:os";
import { headKind } from "../../src/network/network";
import { type Engine, ROW_BY_ROW } from "../quantization/choose-ranges";
import { observeOnVectors } from "./look";
import { openVectors } from "./vectors";

/** @param threads maximum number of threads */
export function vectorEngine(threads = availableParallelism()): Engine {
	return {
		observe: (model, dataset, onRow) =>
			observeOnVectors(model, dataset, threads, onRow) ?? ROW_BY_ROW.observe(model, dataset, onRow),
		outputs(network, rows) {
			const native = openVectors({ network }, rows, threads);
			if (!native) return ROW_BY_ROW.outputs(network, rows);
			try {
				const found = native.outputsNow(rows);
				const { outputs, perStep } = headKind(network.head);
				const [each, width] = [outputs(network.head), found.length / rows.count];
				const used = perStep(network.head) ? rows.lengths : new Uint32Array(rows.count).fill(1);
				return Array.from({ length: rows.count }, (_, i) =>
					found.subarray(i * width, i * width + used[i]! * each),
				);
			} finally {
				native.close();
			}
		},
	};
}
