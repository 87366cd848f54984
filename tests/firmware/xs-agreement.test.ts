// Kernel and reference on XS held to kernel and reference on Node, by bytes, over random networks of every kind and precision.
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { writePartition } from "../../host-tools/simulator/flash-file";
import { Simulator } from "../../host-tools/simulator/simulator";
import { hostCommand } from "../../host-tools/simulator/target";
import { describeAll, divide, drawAll, expectedLine, imageOf } from "../support/agreement";
import { temporaryFolder } from "../support/xs-run";

const partitions = [{ name: "networks", offset: 0x1000, length: 0x3f0000 }];
/** As in xs-agreement-app.ts, which Node cannot import. */
const REFERENCE_EVERY = 5;

test(`${describeAll()}: outputs and saved state of the kernel on XS, and of the reference on XS for every fifth`, async () => {
	const program = await buildHost();
	const app = await bundleApp(
		projectPath("tests/support/xs-agreement-app.ts"),
		join(temporaryFolder(), "app.js"),
	);
	for (const networks of divide(drawAll(), partitions[0]!.length)) {
		const flashFile = join(temporaryFolder(), "flash.bin");
		writePartition(flashFile, "networks", imageOf(networks), partitions);
		// The reference with its unpacked networks is no part of a device's application: it may take more memory and stack than one has.
		const options = { app, flashFile, partitions, memoryLimit: 0, creation: { stack: 1024 } };
		const device = new Simulator(hostCommand(program, options));
		device.input.end();
		expect(await device.exited).toMatchObject({ code: 0 });
		expect(device.log).toEqual(networks.map((one, i) => expectedLine(one, i % REFERENCE_EVERY === 0)));
	}
});
