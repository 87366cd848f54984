// The sections of a stream's settings and of a detector: kept by the blob, read by both readers, refused by the writer outside the format.
import { expect, test } from "vitest";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { openModel } from "../../src/classifier/model";
import { sha256 } from "../support/hostile-blob";
import { withPooling } from "../support/random-network";
import { randomStream } from "../support/random-stream";
import { randomDetector, randomValues } from "../support/random-values";

test("[B35, B36] a blob keeps its stream's settings, and both readers take it", () => {
	for (let seed = 1; seed <= 60; seed++) {
		const network = randomStream(seed);
		const blob = writeBlob(network, sha256);
		expect(readBlob(blob).stream).toEqual(network.stream);
		expect(openModel(blob).stream).toEqual(network.stream);
		new NativeKernel(blob);
	}
});

test("[B33, B34] a blob keeps its detector and the scaling of its outputs", () => {
	for (let seed = 1; seed <= 20; seed++) {
		const network = randomDetector(seed);
		const blob = writeBlob(network, sha256);
		expect(readBlob(blob)).toEqual(network);
		expect(openModel(blob).detector).toEqual(network.detector);
	}
});

test("[B36, B37] what is outside the format is not written", () => {
	const network = withPooling(randomStream(1), "mean");
	const stream = {
		window: 100,
		hop: 0,
		smoothing: 0,
		hold: 0,
		thresholds: randomStream(1).stream.thresholds,
	};
	const refused = (change: object) => () =>
		writeBlob({ ...network, stream: { ...stream, ...change } }, sha256);
	expect(refused({})).not.toThrow();
	expect(refused({ smoothing: 9 })).toThrow(/stream smoothing/);
	expect(refused({ hold: 256 })).toThrow(/stream hold/);
	expect(refused({ hop: 101 })).toThrow(/stream: has a hop of 101 steps, longer than the window/);
	expect(refused({ window: 65_537 })).toThrow(/beyond 65536/);
	expect(refused({ window: 0 })).toThrow(/neither window nor hop/);
	expect(refused({ thresholds: new Uint32Array(99) })).toThrow(/stream thresholds/);
	expect(() => writeBlob({ ...randomValues(1), stream }, sha256)).toThrow(
		/stream: is for a head whose outputs/,
	);
});
