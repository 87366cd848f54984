// The kernel on Xtensa, compiled by Debian's gcc-xtensa-lx106 and run by QEMU: every golden vector of the models and of the published
// vectors gives the bytes that it states, and the state that this machine's kernel has. Without the tools this is skipped.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildXtensa, instructionsPerStep, missingForXtensa, runXtensa } from "../../benchmarks/xtensa/run";
import { projectPath } from "../../host-tools/files/project";
import { Kernel } from "../../host-tools/kernel/kernel";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { headKind } from "../../src/network/network";

const missing = missingForXtensa();
if (missing !== undefined) console.warn(`left out: the kernel on Xtensa, for ${missing}`);

const blobs = ["models", "tests/vectors"].flatMap((folder) =>
	readdirSync(projectPath(folder))
		.filter((name) => name.endsWith(".essm"))
		.map((name) => `${folder}/${name}`),
);

/** A blob with golden vectors; published vectors keep theirs in a file beside it. */
function withGolden(file: string): Uint8Array {
	const blob = new Uint8Array(readFileSync(projectPath(file)));
	if (file.startsWith("models/")) return blob;
	const { samples, steps } = JSON.parse(readFileSync(projectPath(file.replace(".essm", ".json")), "utf8"));
	const golden = [
		{ samples: Int16Array.from(samples.flat()), outputs: Int32Array.from(steps.at(-1).outputs) },
	];
	return writeBlob({ ...readBlob(blob), golden }, (bytes) => createHash("sha256").update(bytes).digest());
}

describe.skipIf(missing !== undefined)("on Xtensa", () => {
	beforeAll(buildXtensa);

	// the program there gives the outputs at the end
	const atEnd = blobs.filter((file) => {
		const { head } = readBlob(new Uint8Array(readFileSync(projectPath(file))));
		return !headKind(head).perStep(head);
	});
	test.each(atEnd)("%s: outputs and state of every golden vector", (file) => {
		const blob = withGolden(file);
		const { golden } = readBlob(blob);
		expect(golden.length).toBeGreaterThan(0);
		const kernel = new Kernel(blob);
		const expected = golden.map(({ samples, outputs }) => {
			kernel.reset();
			kernel.write(samples);
			return Buffer.concat([Buffer.from(outputs.slice().buffer), kernel.saveState()]);
		});
		expect(runXtensa(blob).equals(Buffer.concat(expected))).toBe(true);
	});

	test("a refused blob is refused there too", () => {
		const blob = new Uint8Array(readFileSync(projectPath("models/motion.essm")));
		blob[100]! ^= 1;
		expect(() => runXtensa(blob)).toThrow("ended with code 4"); // ESSM_E_CRC
	});

	test("instructions per step can be counted, and are the same every time", async () => {
		const blob = new Uint8Array(readFileSync(projectPath("models/motion.essm")));
		const network = readBlob(blob);
		const steps = network.golden.reduce(
			(sum, { samples }) => sum + samples.length / network.input.length - 16,
			0,
		);
		const count = await instructionsPerStep(blob, steps);
		expect(await instructionsPerStep(blob, steps)).toBe(count);
		expect(count).toBeGreaterThan(1320); // more than its MACs
		console.info(`motion.essm: ${Math.round(count)} instructions per step on Xtensa LX106`);
	});
});
