// The manifests with the real Moddable SDK, where it is installed (MODDABLE is set): the firmware for the desktop simulator
// is built by mcconfig, run without a window and held to the reference interpreter by bytes. Without the SDK this is left
// out, and says so.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildFirmware } from "../host-tools/device/build-firmware";
import { DeviceClient } from "../host-tools/device/client";
import { joinStreams } from "../host-tools/device/transport";
import { Simulator } from "../host-tools/simulator/simulator";
import { crc32 } from "../src/bytes/crc32";
import { HEADER } from "../src/model/blob-layout";
import { writeBlob } from "../src/model/write-blob";
import { Reference } from "../src/reference/reference";
import { randomNetwork, randomSamples } from "./random-network";
import { temporaryFolder } from "./xs-run";

const sdk = process.env.MODDABLE !== undefined;
if (!sdk) console.warn("left out: building with the Moddable SDK, for MODDABLE is not set");

function powerOn(folder: string, flash: string) {
	const simulator = new Simulator({
		program: "env",
		args: [`ESSM_FLASH=${flash}`, "ESSM_SERIAL=stdio", join(folder, "edge-ssm-lin"), join(folder, "mc.so")],
	});
	onTestFinished(() => {
		simulator.input.end();
	});
	return { simulator, client: new DeviceClient({ stream: joinStreams(simulator), timeout: 5000 }) };
}

function logitsOf(network: ReturnType<typeof randomNetwork>, samples: Int16Array): Int32Array {
	const reference = new Reference(network);
	reference.write(samples);
	return reference.logits();
}

test.skipIf(!sdk)(
	"mcconfig builds the firmware, which gives the reference's bytes, streams, and keeps its model",
	async () => {
		const { folder, warnings } = await buildFirmware({ board: "lin" });
		const flash = join(temporaryFolder(), "flash.bin");
		const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
		const { simulator, client } = powerOn(folder, flash);
		let last: { samples: Int16Array; logits: Int32Array; channels: number; identity: Uint8Array } | undefined;
		for (let seed = 1; seed <= 20; seed++) {
			const network = { ...randomNetwork(seed), steps: 40, golden: [] as never[] | object[] };
			const samples = randomSamples(seed, 40, network.channels);
			const golden = [{ samples, logits: logitsOf({ ...network, golden: [] }, samples) }];
			const blob = writeBlob({ ...network, golden }, sha256);
			const identity = blob.slice(HEADER.identity, HEADER.identity + 32);
			await client.load(blob, crc32(blob), identity);
			expect(await client.selfTest()).toBe(1);
			const others = randomSamples(seed + 100, 57, network.channels);
			const logits = logitsOf({ ...network, golden: [] }, others);
			expect(await client.infer(others, network.channels)).toEqual(logits);
			last = { samples: others, logits, channels: network.channels, identity };
		}
		expect((await client.info()).target).toBe("lin");
		expect((await client.memory()).slotsUsed).toBeGreaterThan(0);
		simulator.input.end();
		expect(await simulator.exited).toEqual({ code: 0, reason: "ended" });

		const again = powerOn(folder, flash);
		expect((await again.client.info()).model?.identity).toEqual(last!.identity);
		expect(await again.client.infer(last!.samples, last!.channels)).toEqual(last!.logits);
		expect(warnings).toEqual([]); // none when nothing had to be built anew
	},
);
