// Kernel and reference on XS held to kernel and reference on Node, by bytes, over 1,000 random networks of every precision: S4D, S5 with every
// channel mixer, and heads of values.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { NativeKernel } from "../../host-tools/kernel/native";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { writePartition } from "../../host-tools/simulator/flash-file";
import { Simulator } from "../../host-tools/simulator/simulator";
import { hostCommand } from "../../host-tools/simulator/target";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { align4 } from "../../src/network/layout";
import { Reference } from "../../src/reference/reference";
import { randomChannels } from "../support/random-channels";
import { randomNetwork, randomSamples } from "../support/random-network";
import { randomValues } from "../support/random-values";
import { temporaryFolder } from "../support/xs-run";

const NETWORKS = 1000;
const DRAWS = [randomNetwork, randomChannels, randomValues];
const STEPS = 60; // as in xs-agreement-app.ts, which Node cannot import
const partitions = [{ name: "networks", offset: 0x1000, length: 0x3f0000 }];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

test(`${NETWORKS} random networks: logits and saved state of the kernel on XS, and of the reference on XS for every fifth`, async () => {
	const directory = new Uint8Array(4 + 12 * NETWORKS);
	const view = new DataView(directory.buffer);
	view.setUint32(0, NETWORKS, true);
	const parts: Uint8Array[] = [directory];
	const expected: string[] = [];
	let offset = directory.length;
	for (let i = 0; i < NETWORKS; i++) {
		const seed = 20_000 + i;
		const blob = writeBlob(DRAWS[i % DRAWS.length]!(seed), sha256);
		view.setUint32(4 + 12 * i, seed, true);
		view.setUint32(8 + 12 * i, offset, true);
		view.setUint32(12 + 12 * i, blob.length, true);
		parts.push(blob);
		offset += align4(blob.length);

		const samples = randomSamples(seed, STEPS, readBlob(blob).input.length);
		const kernel = new NativeKernel(blob);
		kernel.write(samples);
		const reference = new Reference(readBlob(blob));
		reference.write(samples);
		const logits = reference.outputs().join();
		let line = `${seed} kernel ${logits} ${crc32(kernel.saveState())}`;
		if (i % 5 === 0) line += ` reference ${logits} ${crc32(reference.stateBytes())}`;
		expected.push(line);
	}
	const flashFile = join(temporaryFolder(), "flash.bin");
	writePartition(flashFile, "networks", Buffer.concat(parts), partitions);
	const app = await bundleApp(
		projectPath("tests/support/xs-agreement-app.ts"),
		join(temporaryFolder(), "app.js"),
	);
	// The reference with its unpacked networks is no part of a device's application: it may take more memory and stack than one has.
	const options = { app, flashFile, partitions, memoryLimit: 0, creation: { stack: 1024 } };
	const device = new Simulator(hostCommand(await buildHost(), options));
	device.input.end();
	expect(await device.exited).toMatchObject({ code: 0 });
	expect(device.log).toEqual(expected);
});
