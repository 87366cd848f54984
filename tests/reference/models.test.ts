// Every blob in models/ computes what it says: its golden vectors on reference, kernel and the firmware on XS, byte for byte;
// its checkpoint lies beside it and is what it was made of; its card is written.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { buildFirmware, loadBlob, withDevice, withFlash } from "../../host-tools/evaluation/device";
import { readBlobFile } from "../../host-tools/evaluation/model-file";
import { hashFile } from "../../host-tools/files/hash";
import { projectPath } from "../../host-tools/files/project";
import { NativeKernel } from "../../host-tools/kernel/native";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";

const files = readdirSync(projectPath("models"));
const blobs = files.filter((file) => file.endsWith(".essm"));
const path = (file: string) => projectPath(`models/${file}`);

test("there are models, and all of them are small", () => {
	expect(blobs.length).toBeGreaterThan(1);
	expect(files.reduce((sum, file) => sum + statSync(path(file)).size, 0)).toBeLessThan(500_000);
});

describe.each(blobs)("%s", (file) => {
	const { bytes, network } = readBlobFile(path(file));

	test("golden vectors come out of reference and kernel", () => {
		expect(network.golden.length).toBeGreaterThan(0);
		for (const machine of [new Reference(network), new NativeKernel(bytes)])
			for (const { samples, outputs } of network.golden)
				expect([...runSequence(machine, network, samples)]).toEqual([...outputs]);
	});

	test("was made of the checkpoint beside it, and has a card", () => {
		const checkpoint = file.replace(".essm", ".safetensors");
		const { checkpoint: hash } = JSON.parse(network.notes);
		expect(hash).toBe(hashFile(path(checkpoint)));
		expect(readFileSync(path("README.md"), "utf8")).toContain(`## ${file.replace(".essm", "")}`);
	});
});

test("the firmware on XS accepts each and finds its golden vectors right", async () => {
	const firmware = await buildFirmware("host");
	await withFlash((flashFile) =>
		withDevice(firmware, flashFile, async (device) => {
			for (const file of blobs) {
				const { bytes, network } = readBlobFile(path(file));
				await loadBlob(device, bytes);
				expect(await device.client.selfTest()).toBe(network.golden.length);
			}
		}),
	);
});
