// The kernel on XS on bare RV32IMC held to kernel and reference on Node, by bytes, over random networks of every kind and precision:
// as many per emulator as its flash holds. Left out, saying so, where QEMU or the toolchain are missing; never in CI.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { buildRv32, rv32Command, rv32Partitions } from "../../host-tools/simulator/rv32";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { Simulator } from "../../host-tools/simulator/simulator";
import { describeAll, divide, drawAll, expectedLine, imageOf } from "../support/agreement";
import { temporaryFolder } from "../support/xs-run";

/** Networks of each kind. */
const MOST = Number(process.env.RV32_AGREEMENT ?? 1000);
const EMULATORS = 2;

const missing = await missingRv32Tools();
if (missing !== undefined) {
	const left = `agreement on rv32 is left out: ${missing} not installed`;
	if (process.env.CI) throw new Error(left);
	console.warn(left);
}

test.skipIf(missing !== undefined)(
	`${describeAll(MOST)}: outputs and saved state of the kernel on rv32`,
	async () => {
		const entry = projectPath("tests/support/rv32-agreement-app.ts");
		const program = await buildRv32({ entry, name: "agreement" });
		const [{ offset, length }] = rv32Partitions as [(typeof rv32Partitions)[number]];
		const images = divide(drawAll(MOST), length);
		const folder = temporaryFolder();
		let next = 0;
		const runInTurn = async () => {
			for (let i = next++; i < images.length; i = next++) {
				const networks = images[i]!;
				const flashFile = join(folder, `flash-${i}.bin`);
				const command = rv32Command(program, { flashFile }); // creates the flash, erased
				const flash = openSync(flashFile, "r+");
				writeSync(flash, imageOf(networks), 0, undefined, offset);
				closeSync(flash);
				const device = new Simulator(command);
				expect(await device.exited).toMatchObject({ reason: "ended" });
				expect(device.log).toEqual(networks.map((one) => expectedLine(one, false)));
			}
		};
		await Promise.all(Array.from({ length: EMULATORS }, runInTurn));
	},
);
