// What devices read of a checked blob, by generated offsets, against the reader that checks.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { writeBlob } from "../../src/blob/write";
import { openModel } from "../../src/classifier/model";
import { readOutline } from "../../src/classifier/outline";
import type { Network } from "../../src/network/network";
import { sha256 } from "../support/hostile-blob";
import { randomStream } from "../support/random-stream";
import { randomDetector, randomValues } from "../support/random-values";

/** Without what only the application needs. */
function checked(blob: Uint8Array) {
	const { container: _, head: __, ...model } = openModel(blob);
	return model;
}

test.each(["models", "tests/vectors"])("reads all of %s as the checking reader does", (folder) => {
	for (const file of readdirSync(projectPath(folder)).filter((name) => name.endsWith(".essm"))) {
		const blob = new Uint8Array(readFileSync(projectPath(`${folder}/${file}`)));
		expect(readOutline(blob), file).toEqual(checked(blob));
	}
});

test("reads random networks, of classes, values and detectors, with texts of any length in UTF-8 and bytes that follow", () => {
	for (let seed = 1; seed <= 60; seed++)
		for (const draw of [randomStream, randomValues, randomDetector]) {
			const network = draw(seed) as Network;
			const input = network.input.map((channel) => ({ ...channel, name: "é€𝄞", unit: "µm/s²" }));
			const blob = writeBlob({ ...network, input, labels: network.labels.map((_, k) => `Ω${k}`) }, sha256);
			const partition = new Uint8Array(blob.length + 64).fill(0xff);
			partition.set(blob, 32);
			expect(readOutline(partition.subarray(32))).toEqual(checked(blob));
		}
});
