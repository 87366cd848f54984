// The manifests with the real Moddable SDK, where it is installed (MODDABLE is set): the firmware for the desktop simulator
// is built by mcconfig, run without a window and held to the reference interpreter by bytes. Without the SDK this is left
// out, and says so.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BOARDS, boards, buildFirmware, findModdable, keyed } from "../../host-tools/device/build-firmware";
import { DeviceClient } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { projectPath } from "../../host-tools/files/project";
import { readPrivateKey, readPublicKey, signBlob } from "../../host-tools/signing/keys";
import { run } from "../../host-tools/simulator/process";
import { Simulator } from "../../host-tools/simulator/simulator";
import { fieldOffset } from "../../src/blob/codec";
import { CRC_START, HEADER } from "../../src/blob/schema";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import type { Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { Flag, slotImage } from "../../src/store/slot";
import { identityOf } from "../support/link-fakes";
import { provenBlob } from "../support/proven-blob";
import { randomNetwork, randomSamples } from "../support/random-network";
import { randomLayerNorms, randomRmsNorms } from "../support/random-norms";
import { randomS5Network } from "../support/random-s5";
import { keyFile } from "../support/signing-key";
import { temporaryFolder } from "../support/xs-run";

const draws = [randomNetwork, randomS5Network, randomLayerNorms, randomRmsNorms];

const sdk = process.env.MODDABLE !== undefined;
if (!sdk) console.warn("left out: building with the Moddable SDK, for MODDABLE is not set");

/** @param cause how the run before ended */
function powerOn(folder: string, flash: string, cause = "") {
	const simulator = new Simulator({
		program: "env",
		args: [
			...[`ESSM_FLASH=${flash}`, "ESSM_SERIAL=stdio", `ESSM_RESET_CAUSE=${cause}`],
			...[join(folder, "edge-ssm-lin"), join(folder, "mc.so")],
		],
	});
	onTestFinished(() => {
		simulator.input.end();
	});
	return { simulator, client: new DeviceClient({ stream: joinStreams(simulator), timeout: 5000 }) };
}

function outputsOf(network: Network, samples: Int16Array): Int32Array {
	const reference = new Reference(network);
	reference.write(samples);
	return reference.outputs();
}

test.skipIf(!sdk)(
	"mcconfig builds the firmware, which gives the reference's bytes, streams, and keeps its model",
	async () => {
		const { folder, warnings } = await buildFirmware({ board: "lin" });
		const flash = join(temporaryFolder(), "flash.bin");
		const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
		const { simulator, client } = powerOn(folder, flash);
		let last:
			| { samples: Int16Array; outputs: Int32Array; channels: number; identity: Uint8Array }
			| undefined;
		for (let seed = 1; seed <= 80; seed++) {
			const draw = draws[seed % draws.length]!;
			const network = { ...draw(seed), steps: 40, golden: [] };
			const channels = network.input.length;
			const samples = randomSamples(seed, 40, channels);
			const golden = [{ samples, outputs: outputsOf(network, samples) }];
			const blob = writeBlob({ ...network, golden }, sha256);
			const identity = identityOf(blob);
			await client.load(blob, crc32(blob), identity);
			expect(await client.selfTest()).toBe(1);
			const others = randomSamples(seed + 100, 57, channels);
			const outputs = outputsOf(network, others);
			expect(await client.infer(others, channels)).toEqual(outputs);
			last = { samples: others, outputs, channels, identity };
		}
		expect((await client.info()).target).toBe("lin");
		expect((await client.memory()).slotsUsed).toBeGreaterThan(0);
		simulator.input.end();
		expect(await simulator.exited).toEqual({ code: 0, reason: "ended" });

		const again = powerOn(folder, flash);
		expect((await again.client.info()).model?.identity).toEqual(last!.identity);
		expect(await again.client.infer(last!.samples, last!.channels)).toEqual(last!.outputs);
		expect(warnings).toEqual([]); // none when nothing had to be built anew
	},
);

test.skipIf(!sdk).each(boards.filter((board) => board !== "lin"))(
	"the manifest for %s holds until ESP-IDF is called, with a public key and without",
	async (board) => {
		const { moddable, tools } = findModdable();
		const { manifest } = await keyed(board, readPublicKey(keyFile()));
		for (const cwd of [projectPath(`manifests/${board}`), manifest]) {
			const out = temporaryFolder();
			const args = [`MODDABLE=${moddable}`, join(tools, "mcconfig"), "-p", BOARDS[board], "-o", out];
			const { code, stdout, stderr } = await run("env", args, { cwd });
			expect({ code, said: `${stdout}${stderr}` }).toMatchObject({ code: 0 });
			const made = join(out, "tmp", BOARDS[board], "release", board, "makefile");
			const makefile = readFileSync(made, "utf8");
			expect(makefile).toContain("essm_open");
			expect(makefile.includes("verify.c")).toBe(cwd === manifest);
		}
	},
);

test.skipIf(!sdk)(
	"[L32, L33] a model whose third start ends in a crash is given up, and the other one runs",
	async () => {
		const { folder } = await buildFirmware({ board: "lin" });
		const flash = join(temporaryFolder(), "flash.bin");
		const [good, bad] = [provenBlob(1), provenBlob(2)];
		const begun = [80, 96, 112];
		const [crash, watchdog] = [84, 104]; // of the first start and of the second
		const boot = (flags: number[], cause?: string) => {
			const bytes = new Uint8Array(0x400000).fill(0xff);
			bytes.set(slotImage(good, identityOf(good), 1, 4096), 0x3e0000);
			bytes.set(slotImage(bad, identityOf(bad), 2, 4096), 0x3f0000);
			bytes.fill(0, 0x3e0000 + Flag.CONFIRMED, 0x3e0000 + Flag.CONFIRMED + 4);
			for (const at of flags) bytes.fill(0, 0x3f0000 + at, 0x3f0000 + at + 4);
			writeFileSync(flash, bytes);
			return powerOn(folder, flash, cause);
		};
		const starts = [...begun, crash, watchdog];
		const powerCut = boot(starts);
		expect((await powerCut.client.info()).model!.identity).toEqual(identityOf(bad)); // it is started once more
		powerCut.simulator.input.end();
		await powerCut.simulator.exited;
		const { client } = boot(starts, "crash");
		const { model, refusals } = await client.info();
		expect(model!.identity).toEqual(identityOf(good));
		expect(refusals).toBe("model_b: given up, its starts ended in crash, watchdog reset, crash");
		expect((await client.load(bad, crc32(bad), identityOf(bad))).slot).toBe(1); // it may be tried again
	},
);

test.skipIf(!sdk)(
	"with a public key it runs what is signed by it, and nothing below what it confirmed",
	async () => {
		const key = keyFile();
		const publicKey = readPublicKey(key);
		const { folder } = await buildFirmware({ board: "lin", publicKey });
		const flash = join(temporaryFolder(), "flash.bin");
		const { simulator, client } = powerOn(folder, flash);
		const load = (blob: Uint8Array) => client.load(blob, crc32(blob), identityOf(blob));
		const numbered = (seed: number, version: number) =>
			signBlob(provenBlob(seed), readPrivateKey(key), version);

		await expect(load(provenBlob(1))).rejects.toThrow(/ESSM_E_SIGNATURE: the model is not signed/);
		const forged = numbered(1, 3);
		forged[forged.length - 1]! ^= 1;
		new DataView(forged.buffer).setUint32(fieldOffset(HEADER, "crc"), crc32(forged, CRC_START) >>> 0, true);
		await expect(load(forged)).rejects.toThrow(/ESSM_E_SIGNATURE: the signature is not one of the key/);
		expect((await client.info()).model).toBeUndefined();
		await load(numbered(1, 3));
		expect(await client.info()).toMatchObject({ target: "lin", publicKey, minimumVersion: 3 });
		simulator.input.end();
		expect(await simulator.exited).toEqual({ code: 0, reason: "ended" });

		const again = powerOn(folder, flash).client;
		expect((await again.info()).model!.identity).toEqual(identityOf(numbered(1, 3)));
		const older = numbered(2, 2);
		const refused = () =>
			expect(again.load(older, crc32(older), identityOf(older))).rejects.toThrow(/version 2 is below 3/);
		await refused();
		const same = numbered(2, 3);
		const { sequence } = await again.load(same, crc32(same), identityOf(same));
		await refused(); // and overwrites nothing: there still is a model to go back to
		await again.rollback(sequence);
		expect((await again.info()).model!.identity).toEqual(identityOf(numbered(1, 3)));
	},
);
